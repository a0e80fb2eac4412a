"""How far the audit is, how fast it goes, and what holds it back.

Limits are those of the configuration at hand; what was spent is common to all processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from artwork_indexer.config import AuditConfig
from artwork_indexer.database import Database, Row, query
from audit.guardrails import Guardrails, Hold
from audit.progress import (
    Budget,
    Pace,
    Probation,
    budgets_of,
    judged,
    measured_rate,
    pace,
)

ENTITY_TYPES: Final = ("release", "event")
STATES: Final = (
    "unchecked", "audit_in_progress", "clean", "manual_review", "repair_queue", "legacy",
    "deferred",
)  # fmt: skip
"""Values of ``audit_entity_status``, as the migration that made the type lists them."""


@dataclass(frozen=True, slots=True)
class Population:
    """How many entities there are, by type and state; every type and every state is there."""

    states: Mapping[str, Mapping[str, int]]
    due: int
    """Those that may be audited now."""
    deferred: Mapping[str, int]
    """Those without a verdict, by reason."""

    @property
    def total(self) -> int:
        """All entities under audit."""
        return sum(self.of_type(name) for name in self.states)

    def of_type(self, entity_type: str) -> int:
        """All entities of one type."""
        return sum(self.states[entity_type].values())

    def in_state(self, state: str) -> int:
        """Entities of any type in one state."""
        return sum(states[state] for states in self.states.values())


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done lately."""

    begun_hour: int
    """Audits that began in the last hour."""
    begun_day: int
    """Audits that began in the last 24 hours."""
    verdicts: Mapping[str, int]
    """Verdicts of the last 24 whole hours of the clock, this one included."""
    repairs: int
    """Events that those verdicts enqueued."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A service that every process leaves alone for some more seconds."""

    service: str
    reason: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that ``audit status`` tells."""

    now: datetime
    audit: AuditConfig
    population: Population
    activity: Activity
    budgets: Sequence[Budget]
    outstanding: Budget
    probation: Sequence[Probation]
    holds: Sequence[Hold]
    pauses: Sequence[Pause]
    open_reviews: int
    ready_events: int
    next_due: float | None
    """Seconds until an entity may be audited; None: none ever by itself."""
    pace: Pace


async def read_status(database: Database, audit: AuditConfig) -> Status:
    """All figures. Counting the entities reads their whole table once."""
    rails = Guardrails(database)
    population = await _population(database)
    (others,) = await database.fetch(query("audit_report_now"))
    (next_due,) = await database.fetch(query("audit_next_due"))
    spending = await rails.spending()
    holds = await rails.holds()
    outstanding = await rails.outstanding()
    begun = spending["entities"]
    measured = measured_rate(begun.day, others["first_begun"], others["now"])
    return Status(
        now=others["now"],
        audit=audit,
        population=population,
        activity=await _activity(database, begun.hour, begun.day),
        budgets=budgets_of(audit, spending),
        outstanding=Budget("max_outstanding_repairs", audit.max_outstanding_repairs, outstanding),
        probation=[judged(trial, audit.probation_repairs) for trial in await rails.trials()],
        holds=holds,
        pauses=[Pause(**row) for row in await database.fetch(query("doctor_pauses"))],
        open_reviews=others["open_reviews"],
        ready_events=others["ready_events"],
        next_due=next_due["seconds"],
        pace=pace(population.due, audit, is_held=bool(holds), measured=measured),
    )


async def _population(database: Database) -> Population:
    rows = await database.fetch(query("audit_report_states"))
    deferrals = await database.fetch(query("audit_report_deferrals"))
    return Population(
        states=_by_type(rows),
        due=sum(
            row["entities"] if row["status"] == "unchecked" else row["overdue"] for row in rows
        ),
        deferred={row["reason"]: row["entities"] for row in deferrals},
    )


def _by_type(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    counted = {(row["entity_type"], row["status"]): row["entities"] for row in rows}
    return {
        entity_type: {state: counted.get((entity_type, state), 0) for state in STATES}
        for entity_type in ENTITY_TYPES
    }


async def _activity(database: Database, hour: int, day: int) -> Activity:
    rows = await database.fetch(query("audit_report_day"))
    return Activity(
        begun_hour=hour,
        begun_day=day,
        verdicts={row["verdict"]: int(row["audits"]) for row in rows},
        repairs=sum(int(row["repairs"]) for row in rows),
    )
