"""What a finding is: its kind out of the catalogue, and what was seen where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256


class Severity(StrEnum):
    """How bad a kind of finding is, gravest first."""

    DATA = "data"
    CONTENT = "content"
    LEFTOVER = "leftover"
    FORMAT = "format"


class Repair(StrEnum):
    """What mends it. ``REVIEW`` asks a person; ``NONE`` records and exports only."""

    INDEX = "index"
    UPDATE_METADATA = "update_metadata"
    DERIVE = "derive"
    COPY = "copy_image"
    DELETE = "delete_image"
    DEINDEX = "deindex"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding. ``id`` never changes once it was in a database.

    ``rows`` are rows of the decision table, none if it stands beside them; ``checks`` are those
    of the 2021 auditor that see the same, by their names without class prefix
    (:mod:`audit.earlier_checks`).
    """

    id: str
    severity: Severity
    repair: Repair
    title: str
    meaning: str
    why: str
    rows: tuple[str, ...]
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result of an audit that is no finding: why there is nothing to judge, or not yet."""

    id: str
    title: str
    meaning: str
    rows: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    ``subject`` is "image 123", "index.json", "item" and the like; ``details`` are the evidence,
    safe to keep as JSON. ``image_id`` is what a repair acts on.
    """

    kind: Kind
    subject: str
    message: str
    details: Mapping[str, object] = field(default_factory=dict)
    image_id: int | None = None
    explanation: tuple[str, ...] = field(default=(), compare=False)
    """The same in more words, for people; no evidence."""

    @property
    def key(self) -> str:
        """What makes it the same finding in two audits."""
        return f"{self.kind.id} {self.subject}"

    @property
    def digest(self) -> str:
        """Changes with the kind, the subject or the evidence."""
        evidence = json.dumps([self.kind.id, self.subject, self.details], sort_keys=True)
        return sha256(evidence.encode()).hexdigest()[:32]


LONGEST_QUOTE = 200


def quote(value: object) -> str:
    """A value from outside for a sentence: quoted, on one line, not too long."""
    if isinstance(value, str):
        return f"'{plain(value)}'"
    return plain(json.dumps(value, default=str))


def plain(text: str, longest: int = LONGEST_QUOTE) -> str:
    """Text that any log, terminal, database and JSON document can hold.

    PostgreSQL refuses NUL and half characters (lone surrogates); a terminal obeys controls.
    """
    shown = text if len(text) <= longest else f"{text[:longest]}…"
    if shown.isprintable():
        return shown
    return "".join(
        character if character.isprintable() else f"\\u{ord(character):04x}" for character in shown
    )
