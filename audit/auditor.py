"""One step of the audit: a batch of entities, from their claim to their verdicts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import psycopg

from artwork_indexer.database import Database
from artwork_indexer.database_trouble import is_passing, summary
from artwork_indexer.errors import ServicePaused, Unreachable
from artwork_indexer.event_queue import EventQueue
from artwork_indexer.observer import Observer
from artwork_indexer.pauses import begin_pause
from artwork_indexer.precedence import background
from artwork_indexer.projects import BY_ENTITY_TYPE
from artwork_indexer.remotes import Remotes
from artwork_indexer.services import ARCHIVE
from artwork_indexer.waiting import to_its_end
from audit.decide import decide, growing_wait
from audit.examine import Examiner
from audit.guardrails import Guardrails
from audit.journal import Journal
from audit.last_look import changed_since
from audit.queue import Audited, AuditQueue, Claim, deferred
from audit.rules import Rules
from audit.states import Expected

log = logging.getLogger(__name__)

GATHER_SECONDS: Final = 1.0
"""Verdicts are written together, but none waits longer than this for the others."""
SHARE_OF_LEASE: Final = 0.8
"""An audit that takes longer than this part of its lease is given up."""
TIDY_SECONDS: Final = 150.0
BROKEN_WAIT: Final = timedelta(hours=1)
"""When an audit that ended with an error of ours is tried again at the earliest."""


@dataclass(frozen=True, slots=True)
class Look:
    """An audit whose verdict is not yet written; ``seen`` is None when nothing was judged."""

    audited: Audited
    seen: Expected | None
    seconds: float


class Auditor:
    """The idle step of the daemon (:class:`artwork_indexer.engine.IdleStep`).

    ``primary`` has the queues, ``reads`` is where MusicBrainz is read: the same database or a
    replica of it.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        primary: Database,
        reads: Database,
        remotes: Remotes,
        queue: AuditQueue,
        events: EventQueue,
        observer: Observer,
    ) -> None:
        self._rules = rules
        self._primary = primary
        self._reads = reads
        self._remotes = remotes
        self._queue = queue
        self._events = events
        self._observer = observer
        self._journal = Journal(Guardrails(primary).holds, observer)
        self._tidy_at = time.monotonic()
        self._writing: asyncio.Task[None] | None = None

    async def step(self) -> bool:
        """Audit one batch; False when there was none to claim.

        Its verdicts may still be being written when it returns, so that the next batch is
        read meanwhile.

        Raises:
            Unreachable, psycopg.Error: the database does not play along. What has no verdict
                was given back, or returns when its lease ends.
        """
        await self._tidy()
        await self._rules.know(self._reads)
        self._queue.repairs = self._rules.mode == "repair"
        claims = [] if self._must_rest() else await self._queue.claim(self._rules.batch_size)
        if not claims:
            is_writing = self._writing is not None
            await self._written()
            if not is_writing:
                await self._journal.idle()
            return is_writing
        unjudged = {claim.id: claim for claim in claims}
        try:
            with background():
                await self._audit(claims, unjudged)
        finally:
            if unjudged:
                await to_its_end(self._queue.release(list(unjudged.values())))
        return True

    async def close(self) -> None:
        """Wait until all verdicts are written."""
        try:
            await self._written()
        except (psycopg.Error, Unreachable) as error:
            log.warning(
                "the last verdicts were not written: %s",
                summary(error),
                extra={"action": "audit"},
            )

    async def _written(self) -> None:
        """Wait for the verdicts that are being written; raises what went wrong."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await to_its_end(writing)

    def _must_rest(self) -> bool:
        """Whether audits would come to nothing, and yet be charged to the budget."""
        web_service = self._remotes.webservice
        return self._remotes.reads.is_resting() or bool(web_service and web_service.is_resting)

    async def _tidy(self) -> None:
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_SECONDS
            await self._queue.prune()

    async def _audit(self, claims: Sequence[Claim], unjudged: dict[int, Claim]) -> None:
        """Judge all at once, and hand the verdicts on as they come."""
        keys = [(claim.entity_type, claim.gid) for claim in claims]
        examiner = Examiner(
            self._reads,
            self._remotes,
            self._rules.comparing,
            queue=None if self._reads is self._primary else self._primary,
        )
        states = await examiner.expect(keys)
        tasks = {
            asyncio.create_task(self._look(examiner, claim, states[key]))
            for claim, key in zip(claims, keys, strict=True)
        }
        pending = tasks
        try:
            while pending:
                done, pending = await asyncio.wait(pending, timeout=GATHER_SECONDS)
                looks = [look for task in done if (look := task.result()) is not None]
                await self._written()
                self._writing = asyncio.create_task(self._write_or_release(looks))
                for look in looks:
                    unjudged.pop(look.audited.claim.id)
        finally:
            for task in tasks:
                task.cancel()

    async def _look(self, examiner: Examiner, claim: Claim, expected: Expected) -> Look | None:
        """One audit up to its verdict; None when the whole archive has to be left alone.

        Raises:
            Unreachable, psycopg.OperationalError: the database does not answer.
        """
        begun = time.monotonic()
        seen: Expected | None = None
        limit = self._rules.audit.lease_seconds * SHARE_OF_LEASE
        try:
            async with asyncio.timeout(limit):
                audited = await self._judged(examiner, claim, expected)
            seen = expected
        except ServicePaused as error:
            await begin_pause(self._events, self._observer, error, error.seconds)
            if error.service == ARCHIVE and not error.was_asked:
                return None
            # It may be this item alone that makes the service say so.
            reason, least = f"service-paused: {error.service}", timedelta(seconds=error.seconds)
            audited = self._without_verdict(claim, reason, least)
        except TimeoutError:
            audited = self._without_verdict(claim, "too-slow", timedelta(seconds=limit))
        except Exception as error:
            if is_trouble(error):
                raise
            log.exception(
                "audit of %s %s: unexpected error",
                claim.entity_type,
                claim.gid,
                extra={"action": "audit", "entity_type": claim.entity_type, "mbid": claim.gid},
            )
            audited = self._without_verdict(claim, f"broken: {type(error).__name__}", BROKEN_WAIT)
        return Look(audited, seen, time.monotonic() - begun)

    def _without_verdict(self, claim: Claim, reason: str, least: timedelta) -> Audited:
        """Waits longer each time; after many times in a row a person is asked."""
        before = claim.deferral
        count = before.count + 1 if before is not None and before.reason == reason else 1
        wait = growing_wait(count, timedelta(hours=self._rules.audit.settle_hours))
        return Audited(claim, deferred(claim, reason, max(wait, least)), is_late=True)

    async def _judged(self, examiner: Examiner, claim: Claim, expected: Expected) -> Audited:
        project = BY_ENTITY_TYPE[claim.entity_type]
        examination = await examiner.judge(project, expected, claim.evidence)
        context = self._rules.context(claim, datetime.now(UTC))
        verdict = decide(expected, examination.actual, examination.comparison, context)
        return Audited(claim, verdict)

    async def _write_or_release(self, looks: Sequence[Look]) -> None:
        try:
            await self._write(looks)
        except BaseException:
            await self._queue.release([look.audited.claim for look in looks])
            raise

    async def _write(self, looks: Sequence[Look]) -> None:
        """Write verdicts, all in one transaction if the database takes them."""
        if not looks:
            return
        seen = {look.audited.claim.id: look.seen for look in looks if look.seen is not None}
        audits = [look.audited for look in looks]
        try:
            written = await self._queue.finish(audits, partial(changed_since, seen=seen))
        except Exception as error:
            if is_trouble(error):
                raise
            await self._write_apart(looks, error)
            return
        seconds = {look.audited.claim.id: look.seconds for look in looks}
        for audit in written:
            self._journal.finished(audit, seconds[audit.claim.id])

    async def _write_apart(self, looks: Sequence[Look], error: Exception) -> None:
        """One verdict that the database refuses must not keep the others from being written."""
        if len(looks) > 1:
            for look in looks:
                await self._write([look])
            return
        (look,) = looks
        if look.seen is None:
            raise error
        claim = look.audited.claim
        log.error(
            "audit of %s %s: its verdict cannot be written: %s",
            claim.entity_type,
            claim.gid,
            summary(error),
            exc_info=None if isinstance(error, psycopg.Error) else error,
            extra={"action": "audit", "entity_type": claim.entity_type, "mbid": claim.gid},
        )
        refused = self._without_verdict(claim, "broken: unwritable", BROKEN_WAIT)
        await self._write([Look(refused, None, look.seconds)])


def is_trouble(error: Exception) -> bool:
    """Whether the database is to blame, and not what was asked of it."""
    return isinstance(error, Unreachable | psycopg.Error) and is_passing(error)
