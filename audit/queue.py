"""Which entity is audited next, and what is written about it.

Every write names the owner and the claim it was made under. When the row carries another claim
by now, the result is thrown away and nothing is written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from psycopg.types.json import Jsonb

from artwork_indexer.config import AuditConfig
from artwork_indexer.database import Connection, Database, Row, one_value, query
from artwork_indexer.event_queue import storable
from audit import review
from audit.decide import growing_wait
from audit.findings import Finding
from audit.guardrails import Limits
from audit.states import Evidence
from audit.verdict import Deferral, Status, Verdict

HISTORY_RETENTION: Final = timedelta(days=365)
PRUNE_BATCH: Final = 1000
SHORTEST_WAIT: Final = timedelta(seconds=1)
"""An audit that came to no verdict is never repeated at once."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed entity; ``attempts`` together with the owner is the fencing token.

    ``return_reason`` says why it came back ("verification", "second look", "event", "review",
    "recheck"; None in the regular round); ``acknowledged`` are digests of findings that a person
    will not act on. ``crashes`` counts audits of it in a row that never ended.
    """

    id: int
    entity_type: str
    gid: str
    attempts: int
    crashes: int = 0
    last_audit_at: datetime | None = None
    last_verdict: str | None = None
    return_reason: str | None = None
    repair_rounds: int = 0
    deferral: Deferral | None = None
    evidence: Evidence = field(default_factory=Evidence)
    acknowledged: frozenset[str] = frozenset()


def claim_from_row(row: Row) -> Claim:
    """Build a claim from a row of ``audit_claim``."""
    reason, count, since = (
        row.pop(name) for name in ("deferral_reason", "deferrals", "deferred_since")
    )
    row["deferral"] = None if since is None else Deferral(reason, count, since)
    row["evidence"] = Evidence.from_json(row["evidence"])
    row["acknowledged"] = frozenset(row["acknowledged"])
    return Claim(**row)


@dataclass(frozen=True, slots=True)
class Audited:
    """A claim with its verdict; ``is_late`` if only the last look made it a deferral."""

    claim: Claim
    verdict: Verdict
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """What was written: guardrails and a last look may turn a verdict into a deferral."""

    claim: Claim
    verdict: str
    reason: str | None
    events: tuple[int, ...]
    """Ids of the events that repair it, in the order of the plan."""
    enqueued: int
    """How many of them are new."""


Recheck = Callable[[Connection, Sequence[Audited]], Awaitable[Mapping[int, str]]]
"""A last look inside the transaction that writes the verdicts.

Gets the audits whose claims still hold, and returns for each that must not be written, by the
id of its claim, the reason of its deferral. May only ask the database.
"""


class AuditQueue:
    """The audit's queue as one process sees it; ``owner`` names that process uniquely.

    ``config`` may be replaced at any time (a reload); ``repairs`` is whether this process may
    enqueue any, so False in report mode and on a mirror.
    """

    def __init__(
        self, database: Database, owner: str, config: AuditConfig, *, repairs: bool
    ) -> None:
        self._database = database
        self.owner = owner
        self.config = config
        self.repairs = repairs

    async def claim(self, slots: int) -> list[Claim]:
        """Take up to ``slots`` entities, charged to the budgets for good.

        Empty when nothing is due, a budget is used up, the Internet Archive is paused, or a
        pause or the brake holds all audits.
        """
        rows = await self._database.fetch(
            query("audit_claim"),
            owner=self.owner,
            slots=slots,
            lease=timedelta(seconds=self.config.lease_seconds),
            repairs=self.repairs,
            entities_per_hour=self.config.entities_per_hour,
            entities_per_day=self.config.entities_per_day,
        )
        return [claim_from_row(row) for row in rows]

    async def release(self, claims: Sequence[Claim]) -> int:
        """Give claims back without a verdict; returns how many were still ours."""
        row = await self._database.fetch_one(query("audit_release"), **self._tokens(claims))
        return int(one_value(row))

    async def finish(
        self, audits: Sequence[Audited], recheck: Recheck | None = None
    ) -> list[Finished]:
        """Write verdicts in one transaction; those whose claim is lost are missing in the answer.

        Whatever ``recheck`` raises leaves nothing behind.
        """
        if recheck is None:
            rows = await self._database.fetch(query("audit_finish"), **self._verdicts(audits))
        else:
            async with self._database.transaction() as connection:
                audits = await self._look_again(connection, audits, recheck)
                verdicts = self._verdicts(audits)
                rows = await (await connection.execute(query("audit_finish"), verdicts)).fetchall()
        claims = {audit.claim.id: audit.claim for audit in audits}
        return [
            Finished(
                claims[row["id"]],
                row["verdict"],
                row["reason"],
                tuple(row["events"] or ()),
                row["enqueued"],
            )
            for row in rows
        ]

    async def _look_again(
        self, connection: Connection, audits: Sequence[Audited], recheck: Recheck
    ) -> list[Audited]:
        tokens = self._tokens([audit.claim for audit in audits])
        rows = await (await connection.execute(query("audit_hold"), tokens)).fetchall()
        held = {row["id"] for row in rows}
        ours = [audit for audit in audits if audit.claim.id in held]
        reasons = await recheck(connection, ours)
        return [
            self._late(audit.claim, reasons[audit.claim.id]) if audit.claim.id in reasons else audit
            for audit in ours
        ]

    def _late(self, claim: Claim, reason: str) -> Audited:
        """No verdict after all, and longer waits the more often that happens."""
        settle = timedelta(hours=self.config.settle_hours)
        before = claim.deferral
        count = before.count + 1 if before is not None and before.reason == reason else 1
        wait = max(settle, SHORTEST_WAIT, growing_wait(count, settle))
        return Audited(claim, deferred(claim, reason, wait), is_late=True)

    async def next_due(self) -> float | None:
        """Seconds until an audit may be claimed, budgets and holds aside; None: never."""
        seconds = one_value(await self._database.fetch_one(query("audit_next_due")))
        return None if seconds is None else float(seconds)

    async def recheck_now(self, entity_type: str, gids: Sequence[str]) -> int:
        """Make entities due ahead of the regular round, unknown ones too; returns how many."""
        return await self._database.execute(
            query("audit_recheck"), entity_type=entity_type, gids=list(gids)
        )

    async def prune(self) -> int:
        """Delete one batch of old records; returns how many rows went."""
        row = await self._database.fetch_one(
            query("audit_prune"), retention=HISTORY_RETENTION, most=PRUNE_BATCH
        )
        return int(one_value(row))

    def _verdicts(self, audits: Sequence[Audited]) -> dict[str, object]:
        return {
            "owner": self.owner,
            "audits": Jsonb([_document(audit) for audit in audits]),
            "limits": Jsonb(Limits.of(self.config).to_json()),
        }

    def _tokens(self, claims: Sequence[Claim]) -> dict[str, object]:
        return {
            "owner": self.owner,
            "entities": [claim.id for claim in claims],
            "claims": [claim.attempts for claim in claims],
        }


def deferred(claim: Claim, reason: str, wait: timedelta) -> Verdict:
    """No verdict after all: nothing is judged, and what earlier audits saw is kept."""
    return Verdict(Status.DEFERRED, reason, reason, claim.evidence, None, next_audit_in=wait)


def _document(audit: Audited) -> dict[str, object]:
    """One audit as ``artwork_indexer.finish_audits`` takes it."""
    claim, verdict = audit.claim, audit.verdict
    wait = verdict.next_audit_in
    document: dict[str, object] = {
        "id": claim.id,
        "attempts": claim.attempts,
        "status": verdict.status,
        "reason": storable(verdict.reason),
        "seconds": wait if wait is None else wait.total_seconds(),
        "rounds": max(verdict.evidence.rounds.values(), default=0),
        "findings": None if verdict.findings is None else [_finding(f) for f in verdict.findings],
    }
    if audit.is_late:
        document["is_late"] = True
    if verdict.evidence != claim.evidence:
        document["evidence"] = verdict.evidence.to_json()
    if verdict.plan:
        document |= {
            "plan": [asdict(event) for event in verdict.plan],
            "kinds": verdict.kinds,
            "is_format": verdict.is_format_only,
            # A person is asked if the plan turns out to be too large.
            "facts": {"links": review.links(claim.entity_type, claim.gid)},
        }
    if verdict.status is Status.MANUAL_REVIEW:
        document |= _question(claim, verdict)
    return document


def _question(claim: Claim, verdict: Verdict) -> dict[str, object]:
    """What a person is asked, in words, and the evidence for it."""
    reasons = [finding.message for finding in verdict.reviews] or [verdict.message]
    image_ids = [f.image_id for f in verdict.reviews if f.image_id is not None]
    return {
        "question": storable("\n".join(reasons)),
        "facts": {
            "findings": [_finding(finding) for finding in verdict.reviews],
            "links": review.links(claim.entity_type, claim.gid, image_ids),
        },
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.id,
        "subject": finding.subject,
        "severity": finding.kind.severity,
        "digest": finding.digest,
        "message": storable(finding.message),
        "details": finding.details
        if not finding.explanation
        else {**finding.details, "explanation": finding.explanation},
    }
