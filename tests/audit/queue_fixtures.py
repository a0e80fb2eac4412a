"""Entities, claims and verdicts for tests of the audit's queue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from artwork_indexer.audit_settings import write_settings
from artwork_indexer.config import AuditConfig, load, packaged_default
from artwork_indexer.database import Database
from audit.findings import Finding, Kind, Repair, Severity
from audit.plan import PlannedEvent
from audit.queue import Audited, AuditQueue, Claim, Finished
from audit.states import Evidence
from audit.verdict import Status, Verdict
from tests.queue_fixtures import GIDS, Rows

UNLIMITED: Final = replace(
    load(packaged_default(), {}).audit,
    mode="repair",
    entities_per_hour=None,
    entities_per_day=None,
    repairs_per_hour=None,
    repairs_per_day=None,
    format_repairs_per_day=None,
    max_outstanding_repairs=None,
    deletes_per_day=None,
    probation_repairs=0,
    brake_window=1000,
    deletions=True,
)


RESULTS: Final = (
    "audit_finding",
    "audit_repair",
    "audit_history",
    "audit_total",
    "audit_probation",
    "needs_manual_review",
    "event_queue",
)
"""Tables that verdicts fill."""


def kind(id_: str, severity: Severity = Severity.CONTENT, repair: Repair = Repair.INDEX) -> Kind:
    return Kind(id_, severity, repair, id_, f"{id_}.", "Because.", ("4",))


WRONG_INDEX: Final = kind("wrong-index")
STRAY: Final = kind("stray", Severity.LEFTOVER, Repair.DELETE)
UNKNOWN: Final = kind("unknown-image", Severity.DATA, Repair.REVIEW)
OLD_FORMAT: Final = kind("old-format", Severity.FORMAT)


def finding(of: Kind = WRONG_INDEX, subject: str = "index.json", **details: object) -> Finding:
    return Finding(of, subject, f"{subject}: {of.title}", details)


def clean(*findings: Finding, evidence: Evidence | None = None) -> Verdict:
    return Verdict(
        Status.CLEAN,
        "clean",
        "All is well.",
        evidence or Evidence(),
        findings,
        next_audit_in=timedelta(days=90),
    )


def deferred(reason: str = "unreadable", *findings: Finding) -> Verdict:
    """No verdict; with findings it is one that only lacks the leave to repair."""
    return Verdict(
        Status.DEFERRED,
        reason,
        reason,
        Evidence(),
        findings or None,
        next_audit_in=timedelta(hours=1),
    )


def ask(*findings: Finding) -> Verdict:
    return Verdict(
        Status.MANUAL_REVIEW,
        "review",
        "\n".join(f.message for f in findings),
        Evidence(),
        findings,
        findings,
        next_audit_in=timedelta(days=90),
    )


def index_of(gid: str, *depends_on: int) -> PlannedEvent:
    return PlannedEvent("release", "index", {"gid": gid}, depends_on)


def copy_of(image: int, old: str, new: str) -> PlannedEvent:
    message = {"artwork_id": image, "old_gid": old, "new_gid": new, "suffix": "jpg"}
    return PlannedEvent("release", "copy_image", message)


def delete_of(image: int, gid: str, *depends_on: int) -> PlannedEvent:
    message = {"artwork_id": image, "gid": gid, "suffix": "jpg"}
    return PlannedEvent("release", "delete_image", message, depends_on, {"md5": "m", "size": 1})


def repair(
    gid: str, *findings: Finding, plan: Sequence[PlannedEvent] = (), rounds: int = 1
) -> Verdict:
    """A plan that mends all findings; by default one index."""
    found = findings or (finding(),)
    return Verdict(
        Status.REPAIR_QUEUE,
        "repair",
        "To be repaired.",
        Evidence(rounds={f.key: rounds for f in found}),
        found,
        plan=tuple(plan) or (index_of(gid),),
        kinds=tuple(sorted({f.kind.id for f in found})),
        is_format_only=all(f.kind.severity is Severity.FORMAT for f in found),
    )


class Entities(Rows):
    """What a person with psql sees of the audit, and does to it."""

    def seed(self, amount: int = 1, **columns: object) -> list[int]:
        """Insert releases with the first gids; returns their ids."""
        return [self.seed_one(gid, **columns) for gid in GIDS[:amount]]

    def seed_one(self, gid: str, **columns: object) -> int:
        values: dict[str, object] = {"entity_type": "release", "gid": gid, **columns}
        names = ", ".join(values)
        marks = ", ".join(f"%({name})s" for name in values)
        (row,) = self.run(
            f"INSERT INTO artwork_indexer.audit_entity ({names}) VALUES ({marks}) RETURNING id",
            **values,
        )
        return int(row["id"])

    def entity(self, gid: str = GIDS[0]) -> dict[str, Any]:
        (row,) = self.run(
            "SELECT *, extract(epoch FROM next_audit_at - clock_timestamp())::float / 3600 AS hours"
            " FROM artwork_indexer.audit_entity WHERE gid = %(gid)s",
            gid=gid,
        )
        return row

    def wait(self, gid: str = GIDS[0]) -> float:
        """Seconds from the last audit that was not clean to the next one.

        Both are counted from the beginning of one transaction, so that it does not matter how
        long that took, and how long ago it was.
        """
        (row,) = self.run(
            "SELECT extract(epoch FROM next_audit_at - max(audited_at))::float8 AS seconds"
            "  FROM artwork_indexer.audit_entity AS entity"
            "  JOIN artwork_indexer.audit_history ON audit_entity_id = entity.id"
            " WHERE gid = %(gid)s GROUP BY entity.id",
            gid=gid,
        )
        return float(row["seconds"])

    def change(self, gid: str = GIDS[0], **columns: object) -> None:
        changes = ", ".join(f"{name} = %({name})s" for name in columns)
        self.run(
            f"UPDATE artwork_indexer.audit_entity SET {changes} WHERE gid = %(entity)s",
            entity=gid,
            **columns,
        )

    def make_due(self, gid: str = GIDS[0]) -> None:
        self.run(
            "UPDATE artwork_indexer.audit_entity SET next_audit_at = now() - interval '1 s'"
            " WHERE gid = %(gid)s",
            gid=gid,
        )

    def table(self, name: str, order: str = "1") -> list[dict[str, Any]]:
        return self.run(f"SELECT * FROM artwork_indexer.{name} ORDER BY {order}")

    def has_no_results(self) -> bool:
        """Whether no verdict left anything behind."""
        return not any(self.table(table) for table in RESULTS)

    def value(self, expression: str) -> Any:
        ((value,),) = (row.values() for row in self.run(f"SELECT {expression}"))
        return value

    def complete(self, *events: int) -> None:
        for event in events:
            self.set(event, state="completed")

    def fail(self, event: int, reason: str = "HTTP 400") -> None:
        """In the order of the daemon: first the state, then the reason."""
        with self.connection.transaction():
            self.set(event, state="failed")
            self.run(
                "INSERT INTO artwork_indexer.event_failure_reason (event, failure_reason)"
                " VALUES (%(event)s, %(reason)s)",
                event=event,
                reason=reason,
            )


@asynccontextmanager
async def open_audits(
    conninfo: str, owner: str = "me", config: AuditConfig = UNLIMITED
) -> AsyncIterator[AuditQueue]:
    """The audit's queue as one worker sees it."""
    async with Database(conninfo, size=2, prepared=False, name=owner) as database:
        queue = AuditQueue(database, owner, config, repairs=config.mode == "repair")
        await write_settings(database, config)
        yield queue


def limited(**limits: Any) -> AuditConfig:
    return replace(UNLIMITED, **limits)


async def audit(queue: AuditQueue, verdict: Verdict) -> Finished:
    """Claim one entity and write this verdict about it."""
    (claim,) = await queue.claim(1)
    return await finish(queue, claim, verdict)


async def finish(queue: AuditQueue, claim: Claim, verdict: Verdict) -> Finished:
    (finished,) = await queue.finish([Audited(claim, verdict)])
    return finished


async def each(
    queue: AuditQueue, entities: Entities, verdicts: Sequence[Verdict]
) -> list[Finished]:
    """One verdict after the other, about the first entities."""
    done = []
    for gid, verdict in zip(GIDS, verdicts, strict=False):
        entities.seed_one(gid)
        done.append(await audit(queue, verdict))
    return done
