"""The coming days of the audit against what its limits allow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from artwork_indexer.config import Config
from artwork_indexer.database import Database, query
from audit.guardrails import Guardrails, Hold

HOURS: Final = 24
SHOWN_HOURS: Final = 0.1
"""The shortest time that is told."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What bounds the audit: the value of ``key`` is so many entities in ``hours``."""

    key: str
    value: float
    hours: float

    @property
    def per_hour(self) -> float:
        """Entities an hour in the long run."""
        return self.value / self.hours

    def at_least(self, per_hour: float) -> str:
        """What the key has to be for so many entities an hour."""
        wanted = per_hour * self.hours
        number = f"{math.ceil(wanted):,}" if self.hours >= 1 else f"{round_up(wanted):g}"
        return f"{self.key} at least {number}"


@dataclass(frozen=True, slots=True)
class Day:
    """24 hours from ``begins`` on: what was due before, becomes due, is audited, and is left."""

    begins: date
    waiting: int
    due: int
    audited: int
    left: int


@dataclass(frozen=True, slots=True)
class Due:
    """Entities that come up by themselves, each counted once."""

    never_audited: int
    overdue: int
    days: tuple[int, ...]
    later: int

    @property
    def total(self) -> int:
        """All of them: what a full pass is about."""
        return self.never_audited + self.overdue + sum(self.days) + self.later


@dataclass(frozen=True, slots=True)
class Ahead:
    """Everything that ``audit plan`` tells; ``limits`` are the tightest first."""

    due: Due
    days: tuple[Day, ...]
    limits: tuple[Limit, ...]
    reaudit_days: float
    enabled: bool
    holds: tuple[Hold, ...]

    @property
    def limit(self) -> Limit | None:
        """The one that binds; None when nothing bounds the audit."""
        return self.limits[0] if self.limits else None

    @property
    def pass_days(self) -> float | None:
        """How long it takes to audit each entity once; None: for ever."""
        if self.limit is None or not self.due.total:
            return 0.0
        if not self.limit.per_hour:
            return None
        return self.due.total / (self.limit.per_hour * HOURS)

    @property
    def is_kept(self) -> bool:
        """Whether each entity can come back in ``reaudit_days``."""
        return self.pass_days is not None and self.pass_days <= self.reaudit_days


async def read_plan(database: Database, config: Config, days: int) -> Ahead:
    """Count what is due. Reads two indexes of the entities; about a second for five million."""
    rows = await database.fetch(query("audit_plan"), days=days)
    due = due_of({row["day"]: row["entities"] for row in rows}, days)
    limits = limits_of(config)
    audit = config.audit
    return Ahead(
        due,
        tuple(forecast(due, limits, audit.reaudit_days, datetime.now(UTC).date())),
        limits,
        audit.reaudit_days,
        audit.enabled,
        tuple(await Guardrails(database).holds()),
    )


def due_of(counted: Mapping[int, int], days: int) -> Due:
    """From the rows of ``artwork_indexer.audit_plan``."""
    return Due(
        counted.get(-1, 0),
        counted.get(0, 0),
        tuple(counted.get(day, 0) for day in range(1, days + 1)),
        counted.get(days + 1, 0),
    )


def limits_of(config: Config) -> tuple[Limit, ...]:
    """What bounds the audit, the tightest first.

    An entity costs at least one request to the Internet Archive.
    """
    audit, rate = config.audit, config.archive.requests_per_second
    limits = (
        ("[audit] entities_per_hour", audit.entities_per_hour, 1),
        ("[audit] entities_per_day", audit.entities_per_day, HOURS),
        ("[archive] requests_per_second", rate, 1 / 3600),
    )
    known = [Limit(key, value, hours) for key, value, hours in limits if value is not None]
    return tuple(sorted(known, key=lambda limit: limit.per_hour))


def round_up(number: float) -> float:
    """A little more, in two digits."""
    step: float = 10.0 ** (math.floor(math.log10(number)) - 1)
    return math.ceil(number / step) * step


def forecast(due: Due, limits: Sequence[Limit], reaudit_days: float, today: date) -> Iterator[Day]:
    """Day by day. What is audited is taken to come back after ``reaudit_days``."""
    left = due.never_audited + due.overdue
    most = math.floor(limits[0].per_hour * HOURS) if limits else None
    returning = [0] * len(due.days)
    for number, planned in enumerate(due.days):
        waiting, becomes_due = left, planned + returning[number]
        audited = waiting + becomes_due if most is None else min(waiting + becomes_due, most)
        left = waiting + becomes_due - audited
        back = number + max(1, round(reaudit_days))
        if back < len(returning):
            returning[back] += audited
        yield Day(today + timedelta(days=number), waiting, becomes_due, audited, left)


def promise(ahead: Ahead) -> Iterator[str]:
    """In plain words: how long a pass takes, whether that is in time, and what helps."""
    limit, days = ahead.limit, ahead.pass_days
    if not ahead.due.total:
        yield "No entity is due, now or later. Put some under audit: artwork-indexer audit seed"
    elif limit is None:
        yield "Nothing limits the audit: a full pass takes as long as the Internet Archive needs."
    elif days is None:
        yield f"{limit.key} = 0: no entity is ever audited."
    else:
        yield (
            f"A full pass takes {_days(days)} at {_rate(limit.per_hour)} an hour; "
            f"reaudit_days is {ahead.reaudit_days:g}."
        )
        if not ahead.is_kept:
            yield f"That cannot be held. It takes {', or '.join(_remedies(ahead, days))}."


def _remedies(ahead: Ahead, days: float) -> Iterator[str]:
    if ahead.reaudit_days:
        needed = ahead.due.total / (ahead.reaudit_days * HOURS)
        tight = [limit.at_least(needed) for limit in ahead.limits if limit.per_hour < needed]
        yield " and ".join(tight)
    yield f"reaudit_days at least {math.ceil(days):,}"


def _days(days: float) -> str:
    if days >= 2:
        return f"{days:,.0f} days"
    hours = days * HOURS
    return f"{hours:.1f} hours" if hours >= SHOWN_HOURS else f"less than {SHOWN_HOURS:g} hours"


def _rate(per_hour: float) -> str:
    return f"{per_hour:,.0f}" if per_hour >= 10 else f"{per_hour:.2g}"
