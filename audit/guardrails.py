"""What keeps the audit within bounds: budgets, brake, probation, pause.

All of it stands in the database, so that it binds every process and survives a restart. The
functions of ``sql/functions/audit_budget.sql`` decide, in the transaction that spends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from artwork_indexer.config import AuditConfig
from artwork_indexer.database import Database, one_value, query

BRAKE: Final = "brake"
PAUSE: Final = "pause"


@dataclass(frozen=True, slots=True)
class Limits:
    """The keys of ``[audit]`` that bound what a verdict may do; None is no limit."""

    repairs_per_hour: int | None
    repairs_per_day: int | None
    format_repairs_per_day: int | None
    max_outstanding_repairs: int | None
    deletes_per_day: int | None
    probation_repairs: int
    brake_window: int

    @classmethod
    def of(cls, config: AuditConfig) -> Limits:
        """The limits that a configuration sets."""
        return cls(
            repairs_per_hour=config.repairs_per_hour,
            repairs_per_day=config.repairs_per_day,
            format_repairs_per_day=config.format_repairs_per_day,
            max_outstanding_repairs=config.max_outstanding_repairs,
            deletes_per_day=config.deletes_per_day,
            probation_repairs=config.probation_repairs,
            brake_window=config.brake_window,
        )

    def to_json(self) -> dict[str, int | None]:
        """As ``artwork_indexer.finish_audits`` takes them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why no process audits: ``name`` is :data:`PAUSE` or :data:`BRAKE`."""

    name: str
    reason: str
    held_by: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent of a budget in the last hour and in the last day."""

    hour: int
    day: int


@dataclass(frozen=True, slots=True)
class Trial:
    """How the repairs of one kind of finding went so far."""

    kind: str
    started: int
    verified: int
    failed: int


class Guardrails:
    """The shared state of the guardrails, read and changed by people's commands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause(self, reason: str, person: str | None) -> bool:
        """Stop all audits until :meth:`resume`; False when they were paused already."""
        return await self._hold(PAUSE, reason, person)

    async def pull_brake(self, reason: str) -> bool:
        """Stop all audits because something looks wrong; False when that was done already."""
        return await self._hold(BRAKE, reason, "audit")

    async def _hold(self, name: str, reason: str, held_by: str | None) -> bool:
        rows = await self._database.execute(
            query("audit_hold_set"), name=name, reason=reason, held_by=held_by
        )
        return rows > 0

    async def resume(self, config: AuditConfig) -> list[str]:
        """End the pause and release the brake; return why each of them was there.

        Kinds of findings whose first repairs failed may try again.
        """
        rows = await self._database.fetch(query("audit_resume"), probation=config.probation_repairs)
        return [row["reason"] for row in rows]

    async def holds(self) -> list[Hold]:
        """What keeps the audit from working, oldest first; empty when nothing does."""
        return [Hold(**row) for row in await self._database.fetch(query("audit_holds"))]

    async def spending(self) -> Mapping[str, Spending]:
        """What was spent: of ``entities``, ``repairs``, ``format_repairs`` and ``deletes``."""
        rows = await self._database.fetch(query("audit_spending"))
        return {row["name"]: Spending(row["hour"], row["day"]) for row in rows}

    async def outstanding(self) -> int:
        """How many repair events are queued or running."""
        return int(one_value(await self._database.fetch_one(query("audit_outstanding"))))

    async def trials(self) -> list[Trial]:
        """How the repairs of each kind went."""
        return [Trial(**row) for row in await self._database.fetch(query("audit_probation"))]
