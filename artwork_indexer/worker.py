"""One claimed event, from its beginning to the recorded result."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import psycopg

from artwork_indexer.database_trouble import Backoff, is_outage, is_passing, summary
from artwork_indexer.engine import Engine
from artwork_indexer.errors import (
    EventError,
    LeaseLost,
    ServicePaused,
    Snooze,
    TransientError,
    Unreachable,
)
from artwork_indexer.event_queue import Event
from artwork_indexer.observer import Observer
from artwork_indexer.pauses import begin_pause
from artwork_indexer.retries import Fail, Pause, Retry, Wait, as_event_error, fate_of

log = logging.getLogger(__name__)

RECORD_SECONDS: Final = 300.0
"""How long a result is kept and offered to a database that does not answer."""
GIVE_BACK_SECONDS: Final = 5.0
"""Rest of an event whose handler could not reach the database."""


class Outcome(StrEnum):
    """How an event left this process."""

    COMPLETED = "completed"
    RETRIED = "retried"
    SNOOZED = "snoozed"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    """An identical event is queued and does the work."""
    RELEASED = "released"
    """Given back, as if it had never been claimed."""
    LOST = "lost"
    """Somebody else owns it; our result was thrown away."""
    UNRECORDED = "unrecorded"
    """The result could not be written; the event is done again when its lease ends."""


LEVELS: Final = {
    Outcome.FAILED: logging.ERROR,
    Outcome.UNRECORDED: logging.ERROR,
    Outcome.RETRIED: logging.WARNING,
    Outcome.LOST: logging.WARNING,
}


class Interruption(StrEnum):
    """Why a handler is ended from outside."""

    STOP = "the daemon stops"
    LEASE_LOST = "the lease was lost"


class Interrupted(Exception):
    """The handler was ended from outside."""

    def __init__(self, why: Interruption) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class End:
    """How it ended, and a word about why."""

    outcome: Outcome
    detail: str = ""


class Work:
    """An event in this process.

    The result is written by the queue the event was claimed from. Nothing interrupts the
    writing: :meth:`interrupt` ends the handler only.
    """

    def __init__(self, engine: Engine, event: Event, observer: Observer) -> None:
        self.engine = engine
        self.event = event
        self.is_handled = False
        """Whether the handler has ended and only the result is left to be written."""
        self._observer = observer
        self._limit: asyncio.Timeout | None = None
        self._interruption: Interruption | None = None

    def interrupt(self, why: Interruption) -> None:
        """End the handler now; without effect once it has ended."""
        if self.is_handled or self._interruption is not None:
            return
        self._interruption = why
        if self._limit is not None:
            self._limit.reschedule(0)

    async def run(self) -> None:
        """Handle the event and record what became of it; raises no ``Exception``."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            end = await self._recorded(await self._handled())
        except Exception as error:  # noqa: BLE001  (one event never stops the others)
            end = await self._recorded(error)
        seconds = loop.time() - begun
        self._log(end, seconds)
        self._observer.event_ended(self.event, end.outcome, seconds)

    async def _handled(self) -> str | None:
        seconds = self.engine.settings.event_timeout_seconds
        self._limit = limit = asyncio.timeout(seconds)
        try:
            async with limit:
                if self._interruption is not None:
                    raise Interrupted(self._interruption)
                return await self.engine.handle(self.event)
        except TimeoutError as error:
            if self._interruption is not None:
                raise Interrupted(self._interruption) from error
            if not limit.expired():
                raise
            raise TransientError(
                f"The event took longer than {seconds:g} seconds (event_timeout_seconds)."
            ) from error
        finally:
            self._limit = None
            self.is_handled = True

    async def _recorded(self, result: str | Exception | None) -> End:
        """Write the result, for a while also to a database that has trouble."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + RECORD_SECONDS
        backoff = Backoff()
        while True:
            try:
                return await self._record(result)
            except LeaseLost:
                return End(Outcome.LOST)
            except (psycopg.Error, Unreachable) as error:
                if not is_passing(error) or loop.time() > give_up_at:
                    return End(Outcome.UNRECORDED, summary(error))
            await asyncio.sleep(backoff.next())

    async def _record(self, result: str | Exception | None) -> End:
        queue = self.engine.queue
        if not isinstance(result, Exception):
            await queue.complete(self.event, result)
            return End(Outcome.COMPLETED, result or "")
        if isinstance(result, LeaseLost):
            return End(Outcome.LOST)
        if isinstance(result, Interrupted):
            if result.why is Interruption.LEASE_LOST:
                return End(Outcome.LOST)
            await queue.release(self.event)
            return End(Outcome.RELEASED, result.why.value)
        if is_outage(result):
            await queue.release(self.event, GIVE_BACK_SECONDS)
            return End(Outcome.RELEASED, summary(result))
        if not isinstance(result, EventError):
            log.error(
                "event %d: unexpected error", self.event.id, exc_info=result, extra=self._extra()
            )
        return await self._record_error(as_event_error(result))

    async def _record_error(self, error: EventError) -> End:
        queue, event = self.engine.queue, self.event
        fate = fate_of(
            error,
            attempts=event.attempts,
            max_attempts=queue.settings.max_attempts,
            chance=random.random,
        )
        match fate:
            case Fail():
                await queue.fail(event, error)
                self._observer.event_failed(event, error)
                return End(Outcome.FAILED, str(error))
            case Retry(delay):
                if not await queue.retry(event, error, delay):
                    return End(Outcome.SUPERSEDED, str(error))
                return End(
                    Outcome.RETRIED, f"{error} (try {event.attempts}, next in {delay:.0f} s)"
                )
            case Wait(seconds) | Pause(_, seconds):
                assert isinstance(error, Snooze)
                if isinstance(error, ServicePaused):
                    await begin_pause(queue, self._observer, error, seconds)
                if not await queue.snooze(event, error, seconds):
                    return End(Outcome.SUPERSEDED, str(error))
                return End(Outcome.SNOOZED, f"{error} (next in {seconds:.0f} s)")

    def _log(self, end: End, seconds: float) -> None:
        log.log(
            LEVELS.get(end.outcome, logging.INFO),
            "event %d %s %s %s in %.3f s%s",
            self.event.id,
            self.event.action,
            self.event.gid or "-",
            end.outcome,
            seconds,
            f": {end.detail}" if end.detail else "",
            extra={**self._extra(), "outcome": end.outcome.value, "seconds": round(seconds, 3)},
        )

    def _extra(self) -> dict[str, object]:
        return {
            "action": self.event.action.value,
            "event_id": self.event.id,
            "entity_type": self.event.entity_type,
            "mbid": self.event.gid,
        }
