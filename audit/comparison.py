"""What a comparison goes by, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from audit.findings import Finding, Outcome


@dataclass(frozen=True, slots=True)
class CompareSettings:
    """The knobs of a comparison. Empty ``xml_fields`` means all."""

    settle: timedelta
    upload_window: timedelta
    uploaders: frozenset[str] = frozenset()
    """Accounts that may own our items besides the official one."""
    xml_fields: frozenset[str] = frozenset()
    mirror: bool = False
    """The database has no edits, so ``approved`` says nothing."""
    replicated_until: float | None = None
    """Epoch seconds of the last packet that a mirror has applied."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A reason to give no verdict. ``seconds`` until it can have passed, if that is known.

    ``what`` tells reasons of one outcome apart; there are few of them, so that they can be
    counted.
    """

    outcome: Outcome
    message: str
    seconds: float = 0.0
    what: str = ""

    @property
    def reason(self) -> str:
        """What makes it the same reason in two audits."""
        return f"{self.outcome.id}: {self.what}" if self.what else self.outcome.id


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result: nothing may be done about ``findings`` while there are ``waits``."""

    findings: tuple[Finding, ...] = ()
    waits: tuple[Wait, ...] = ()
    xml_is_right: bool = False
    """The stored document was compared, or proven, in all fields and is right."""
