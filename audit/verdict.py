"""What a decision goes by, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from audit.findings import Finding
from audit.plan import PlannedEvent
from audit.states import Evidence


class Status(StrEnum):
    """The states of ``audit_entity_status`` that a verdict can set."""

    CLEAN = "clean"
    MANUAL_REVIEW = "manual_review"
    REPAIR_QUEUE = "repair_queue"
    LEGACY = "legacy"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Deferral:
    """How often in a row, and since when, there was no verdict for the same reason."""

    reason: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class DecideContext:
    """What the operator allows, and what earlier audits left behind.

    ``acknowledged`` are the digests of findings that a person will not have fixed.
    """

    now: datetime
    evidence: Evidence
    mode: Literal["report", "repair"] = "report"
    deletions: bool = False
    derive: bool = False
    repair_item_metadata: bool = True
    format_budget: bool = False
    """Whether a repair of nothing but older formats may be enqueued."""
    acknowledged: frozenset[str] = frozenset()
    deferral: Deferral | None = None
    """The last verdict, if there was none."""
    was_ill: bool = False
    """Whether the last audit asked for a repair or for a person."""
    is_regular: bool = True
    """Whether it is audited because its time came, and for no other reason."""
    settle: timedelta = timedelta(hours=24)
    delete_confirm: timedelta = timedelta(hours=24)
    reaudit: timedelta = timedelta(days=90)
    max_repair_rounds: int = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one audit.

    ``reason`` is stable and short, the same whenever the cause is; ``message`` is for people.
    ``findings`` are to be recorded as they are now, or None when nothing was judged and those
    recorded earlier stay. ``reviews`` are what a person is asked about, not empty exactly when
    the status is ``MANUAL_REVIEW``. ``next_audit_in`` is None when only an event or a person
    makes it due; with a plan it is for the case that nobody tells of the end of its events.
    """

    status: Status
    reason: str
    message: str
    evidence: Evidence
    findings: tuple[Finding, ...] | None = ()
    reviews: tuple[Finding, ...] = ()
    plan: tuple[PlannedEvent, ...] = ()
    next_audit_in: timedelta | None = None
    kinds: tuple[str, ...] = ()
    """The ids of the kinds that the plan mends."""
    is_format_only: bool = False
    """The plan mends nothing but older formats, and is charged to their budget."""
