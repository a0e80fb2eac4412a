"""The event state machine, as far as it needs the database.

Every transition is one guarded statement: it names the owner and the claim it was made
under, and when the row carries another claim by now, :class:`LeaseLost` is raised and
nothing was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from artwork_indexer.database import Database, Row, one_value, query
from artwork_indexer.errors import EventError, LeaseLost, ServicePaused, Snooze

MOST_CRASHES: Final = 5
"""An event whose worker died this often is failed: it may be what kills them."""
RETENTION: Final = timedelta(days=90)
"""How long completed events are kept for debugging."""
PRUNE_BATCH: Final = 1000
ORPHAN_GRACE: Final = timedelta(minutes=1)
"""How long an event may wait for a failed parent: somebody may be requeueing both by hand."""


class Action(StrEnum):
    """What an event asks for (``artwork_indexer.event_queue_action``)."""

    INDEX = "index"
    COPY_IMAGE = "copy_image"
    DELETE_IMAGE = "delete_image"
    DEINDEX = "deindex"
    NOOP = "noop"
    UPDATE_METADATA = "update_metadata"
    DERIVE = "derive"


@dataclass(frozen=True, slots=True)
class Event:
    """One claimed event.

    ``attempts`` counts the present try; ``claims`` together with the owner is the fencing
    token; ``vanished_parents`` are ids in ``depends_on`` that no longer exist.
    """

    id: int
    entity_type: str
    action: Action
    message: Mapping[str, object]
    created: datetime
    attempts: int = 1
    claims: int = 1
    depends_on: tuple[int, ...] = ()
    origin: str = "edit"
    snoozed_since: datetime | None = None
    vanished_parents: tuple[int, ...] = field(default=())

    @property
    def gid(self) -> str | None:
        """The MBID for logs: of a copy, the one the image goes to."""
        value = self.message.get("gid", self.message.get("new_gid"))
        return value if isinstance(value, str) else None


def event_from_row(row: Row) -> Event:
    """Build an event from a row of ``claim_events``."""
    return Event(
        id=row["id"],
        entity_type=row["entity_type"],
        action=Action(row["action"]),
        message=row["message"] if isinstance(row["message"], dict) else {},
        created=row["created"],
        attempts=row["attempts"],
        claims=row["claims"],
        depends_on=tuple(row["depends_on"] or ()),
        origin=row["origin"],
        snoozed_since=row["snoozed_since"],
        vanished_parents=tuple(row["vanished_parents"] or ()),
    )


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What the queue has to know of the configuration."""

    lease_seconds: float = 60
    max_attempts: int = 5
    index_delay_seconds: float = 10
    has_web_service: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """Seconds until the next event may be claimed; None when there is none.

    ``collecting`` is for index jobs that wait a moment for more edits of the same entity;
    ``waiting`` is for back-off, snoozes and paused services; ``stalled`` for the first lease
    that ends unless it is renewed. ``deferred``: there is demand to be turned into events.
    """

    collecting: float | None
    waiting: float | None
    stalled: float | None
    deferred: bool


class EventQueue:
    """The queue as one process sees it; ``owner`` names that process uniquely.

    ``settings`` may be replaced at any time (a reload of the configuration).
    """

    def __init__(self, database: Database, owner: str, settings: QueueSettings) -> None:
        self._database = database
        self.owner = owner
        self.settings = settings
        self._sweep_position = 0

    async def claim(self, slots: int) -> list[Event]:
        """Take up to ``slots`` ready events, at most one of each MBID."""
        rows = await self._database.fetch(
            query("claim_events"),
            owner=self.owner,
            slots=slots,
            lease=timedelta(seconds=self.settings.lease_seconds),
            max_attempts=self.settings.max_attempts,
            index_delay=timedelta(seconds=self.settings.index_delay_seconds),
            has_web_service=self.settings.has_web_service,
        )
        return [event_from_row(row) for row in rows]

    async def next_due(self, *, since: float = 0) -> Due:
        """When the next waiting event may be claimed; the claim looked ``since`` seconds ago."""
        row = await self._database.fetch_one(
            query("next_due"),
            index_delay=timedelta(seconds=self.settings.index_delay_seconds),
            since=timedelta(seconds=since),
        )
        assert row is not None
        return Due(**row)

    async def renew(self, events: Sequence[Event]) -> set[int]:
        """Extend the leases of ``events``; return the ids of those that are lost."""
        rows = await self._database.fetch(
            query("renew_events"),
            owner=self.owner,
            events=[event.id for event in events],
            claims=[event.claims for event in events],
            lease=timedelta(seconds=self.settings.lease_seconds),
        )
        return {event.id for event in events} - {row["id"] for row in rows}

    async def complete(self, event: Event, remark: str | None) -> None:
        """Record success; ``remark`` says why nothing was written, if nothing was."""
        done = await self._database.execute(
            query("complete_event"),
            **self._token(event),
            remark=None if remark is None else storable(remark),
        )
        if not done:
            raise lost(event)

    async def fail(self, event: Event, error: EventError) -> None:
        """Record a failure for good, and fail everything that depends on it."""
        row = await self._database.fetch_one(
            query("fail_event"), **self._token(event), **describe(error)
        )
        if not one_value(row):
            raise lost(event)

    async def retry(self, event: Event, error: EventError, delay: float) -> bool:
        """Queue again in ``delay`` seconds, one attempt used.

        Returns False when an identical event is queued already and takes over.
        """
        return await self._requeue(
            event, delay=delay, attempts_used=1, **describe(error), is_snooze=False, remark=None
        )

    async def snooze(self, event: Event, error: Snooze, seconds: float) -> bool:
        """Queue again in ``seconds``, no attempt used.

        Returns False when an identical event is queued already and takes over.
        """
        return await self._requeue(
            event,
            delay=seconds,
            attempts_used=0,
            reason=None,
            error_class=None,
            http_status=None,
            # A paused service is no reason for the event's own patience to run out.
            is_snooze=not isinstance(error, ServicePaused),
            remark=storable(str(error)),
        )

    async def release(self, event: Event, delay: float = 0) -> bool:
        """Give the claim back as if it had never been made, to be taken in ``delay`` seconds."""
        return await self._requeue(
            event,
            delay=delay,
            attempts_used=0,
            reason=None,
            error_class=None,
            http_status=None,
            is_snooze=False,
            remark=None,
        )

    async def disown(self, held: Iterable[int]) -> int:
        """Give back every claim of ours but those on ``held``; return how many there were.

        A claim whose answer was lost on its way would block its entity until the lease ends.
        """
        row = await self._database.fetch_one(
            query("disown_events"), owner=self.owner, held=list(held)
        )
        return int(one_value(row))

    async def _requeue(self, event: Event, *, delay: float, **parameters: object) -> bool:
        row = await self._database.fetch_one(
            query("requeue_event"),
            **self._token(event),
            **parameters,
            delay=timedelta(seconds=delay),
        )
        outcome = one_value(row)
        if outcome is None:
            raise lost(event)
        return bool(outcome == "queued")

    def _token(self, event: Event) -> dict[str, object]:
        return {"event": event.id, "owner": self.owner, "claim": event.claims}

    async def pause_service(self, service: str, seconds: float, reason: str) -> bool:
        """Keep every process from claiming events that need ``service``.

        Returns whether a new pause began; otherwise one was under way already.
        """
        row = await self._database.fetch_one(
            query("pause_service"),
            service=service,
            duration=timedelta(seconds=seconds),
            reason=reason,
        )
        return bool(one_value(row))

    async def resume_service(self, service: str) -> None:
        """End a pause, whoever began it."""
        await self._database.execute(query("resume_service"), service=service)

    async def rescue(self) -> list[tuple[int, str]]:
        """Take events from workers that are gone; return (id, what became of it)."""
        rows = await self._database.fetch(query("rescue_events"), most_crashes=MOST_CRASHES)
        return [(row["rescued"], row["outcome"]) for row in rows]

    async def prune(self) -> int:
        """Delete one batch of old completed events; return how many went."""
        return await self._database.execute(
            query("prune_events"), retention=RETENTION, most=PRUNE_BATCH
        )

    async def expand(self) -> int:
        """Turn one batch of deferred demand into events; return how much was done."""
        return int(one_value(await self._database.fetch_one(query("expand_deferred_demand"))))

    async def fail_orphans(self) -> int:
        """Fail events that wait for a parent which failed; return how many did."""
        row = await self._database.fetch_one(
            query("fail_orphaned_events"), grace=ORPHAN_GRACE, most=PRUNE_BATCH
        )
        return int(one_value(row))

    async def sweep(self) -> int:
        """Release events whose parents are finished although they still wait for them.

        Walks a bounded stretch of the waiting events at each call and starts over at the
        end. Returns how many were released.
        """
        row = await self._database.fetch_one(
            query("sweep_waiting_events"), position=self._sweep_position, most=PRUNE_BATCH
        )
        assert row is not None
        self._sweep_position = row["position"] or 0
        return int(row["released"])


def lost(event: Event) -> LeaseLost:
    """The error for a result that comes too late."""
    return LeaseLost(f"event {event.id} is no longer ours (claim {event.claims})")


def describe(error: EventError) -> dict[str, object]:
    """What is recorded of an error."""
    return {
        "reason": storable(str(error)),
        "error_class": type(error).__name__,
        "http_status": error.status,
    }


def storable(text: str) -> str:
    """The same text without what PostgreSQL cannot hold: NUL and lone surrogates.

    Reasons quote answers from outside, and those may hold anything.
    """
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
