"""Takes secrets out of everything that leaves the process as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "[hidden]"
SHORTEST_SECRET: Final = 4
EVERYDAY_WORDS: Final = frozenset({"musicbrainz", "postgres", "password"})
"""Passwords of test set-ups. To hide such a word everywhere would hide the log itself; where
it stands as a password it is hidden all the same."""

_QUOTED: Final = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAMES: Final = r"\b(?:(?:caa|eaa)_(?:access|secret)|(?:ssl)?password)"
_PATTERNS: Final = (
    (re.compile(r"\bLOW\s+[^\s:\"']+:[^\s\"',}\]]+"), f"LOW {HIDDEN}"),
    (re.compile(rf"({_NAMES}\s*=\s*)(?:{_QUOTED}|[^\s\"',;&]+)"), rf"\1{HIDDEN}"),
    (re.compile(rf"({_NAMES}[\"']\s*:\s*)(?:{_QUOTED})"), rf"\1'{HIDDEN}'"),
    (re.compile(r"(://)[^/@\s:]*:[^/@\s]+@"), rf"\1{HIDDEN}@"),
)


class Scrubber:
    """Replaces known secrets, and whatever stands where secrets stand, by ``[hidden]``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too; what was hidden before stays hidden."""
        for secret in secrets:
            if len(secret) >= SHORTEST_SECRET and secret not in EVERYDAY_WORDS:
                self._forms |= _forms(secret)
        longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if self._forms else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def deep(self, value: object) -> object:
        """The same value with every text in it scrubbed, keys included."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, bytes):
            return self(value.decode("utf-8", "replace"))
        if isinstance(value, Mapping):
            return {self.deep(key): self.deep(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.deep(item) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self(value.isoformat() if isinstance(value, datetime) else str(value))


def _forms(secret: str) -> set[str]:
    """How a secret looks in a URL, in JSON, in a repr and in a connection string."""
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        secret.replace("\\", "\\\\").replace("'", "\\'"),
    }
