"""Budgets, pace and probation in figures: pure arithmetic on what the database counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from artwork_indexer.config import AuditConfig
from audit.guardrails import Spending, Trial

SHORTEST_SPAN: Final = timedelta(minutes=10)
"""A rate is not measured over less than this."""
NOTHING_SPENT: Final = Spending(0, 0)


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit and what was spent of it; ``limit`` None is no limit."""

    key: str
    """Its key in section ``[audit]``."""
    limit: int | None
    spent: int

    @property
    def left(self) -> int | None:
        """What may still be spent; None is no limit."""
        return None if self.limit is None else max(0, self.limit - self.spent)


def budgets_of(audit: AuditConfig, spending: Mapping[str, Spending]) -> tuple[Budget, ...]:
    """Every budget of the configuration, with what all processes together spent."""

    def spent(name: str) -> Spending:
        return spending.get(name, NOTHING_SPENT)

    return (
        Budget("entities_per_hour", audit.entities_per_hour, spent("entities").hour),
        Budget("entities_per_day", audit.entities_per_day, spent("entities").day),
        Budget("repairs_per_hour", audit.repairs_per_hour, spent("repairs").hour),
        Budget("repairs_per_day", audit.repairs_per_day, spent("repairs").day),
        Budget("format_repairs_per_day", audit.format_repairs_per_day, spent("format_repairs").day),
        Budget("deletes_per_day", audit.deletes_per_day, spent("deletes").day),
    )


@dataclass(frozen=True, slots=True)
class Probation:
    """How the first repairs of one kind went.

    ``state`` is "proven", "trying", "waiting" (those begun have to be verified first) or
    "failed" (until a person ends it).
    """

    kind: str
    started: int
    verified: int
    failed: int
    state: str


def judged(trial: Trial, wanted: int) -> Probation:
    """What becomes of a kind; the same rule as ``artwork_indexer.kind_on_probation``."""
    if trial.verified >= wanted:
        state = "proven"
    elif trial.failed >= wanted:
        state = "failed"
    elif trial.started >= wanted + trial.failed:
        state = "waiting"
    else:
        state = "trying"
    return Probation(trial.kind, trial.started, trial.verified, trial.failed, state)


@dataclass(frozen=True, slots=True)
class Pace:
    """When all that is due will have been audited; rates in entities an hour.

    ``allowed`` is what the budgets permit in the long run (None: anything), ``measured`` what
    was done. ``hours`` is None when it never ends; then ``never`` says why.
    """

    allowed: float | None
    measured: float
    hours: float | None
    never: str | None


def pace(due: int, audit: AuditConfig, *, is_held: bool, measured: float) -> Pace:
    """The smaller of what is allowed and what was done, against what is due."""
    allowed = allowed_rate(audit)
    rate = measured if allowed is None else min(measured, allowed)
    if due == 0:
        return Pace(allowed, measured, 0.0, None)
    never = next(_reasons(audit, rate, is_held=is_held), None)
    return Pace(allowed, measured, None if never else due / rate, never)


def _reasons(audit: AuditConfig, rate: float, *, is_held: bool) -> Iterator[str]:
    """Why nothing moves at all, the plainest first."""
    if not audit.enabled:
        yield "[audit] enabled = no"
    if is_held:
        yield "audits are held until audit resume"
    for key in ("entities_per_hour", "entities_per_day"):
        if getattr(audit, key) == 0:
            yield f"{key} = 0"
    if rate == 0:
        yield "no audit began in the last 24 hours"


def allowed_rate(audit: AuditConfig) -> float | None:
    """Entities an hour that the budgets permit in the long run; None: any number."""
    per_hour, per_day = audit.entities_per_hour, audit.entities_per_day
    rates = [
        *([] if per_hour is None else [float(per_hour)]),
        *([] if per_day is None else [per_day / 24]),
    ]
    return min(rates, default=None)


def measured_rate(begun: int, since: datetime | None, now: datetime) -> float:
    """Entities an hour since the first audit of the last day began."""
    if since is None:
        return 0.0
    return begun / (max(SHORTEST_SPAN, now - since) / timedelta(hours=1))
