"""The loop: events first, the idle step when none waits, upkeep, signals."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import psycopg

from artwork_indexer.claims import Claims
from artwork_indexer.database import place
from artwork_indexer.database_trouble import Backoff, OutageLog, summary
from artwork_indexer.engine import Engine
from artwork_indexer.errors import ArtworkIndexerError, Unreachable
from artwork_indexer.event_queue import Due
from artwork_indexer.housekeeping import Housekeeping
from artwork_indexer.idle import IdleWork
from artwork_indexer.leases import LeaseKeeper
from artwork_indexer.listener import Listener, NotificationsBlocked
from artwork_indexer.observer import Observer
from artwork_indexer.waiting import first_of, to_its_end
from artwork_indexer.worker import Interruption, Work

log = logging.getLogger(__name__)

FIRST_IDLE_SECONDS: Final = 1.0
"""First idle sleep; it doubles up to ``max_wait``."""
OVERDUE_SECONDS: Final = 0.25
"""Wait for what is due but was not to be had: somebody holds a lock on the row."""
DOUBT_SECONDS: Final = 2.0
"""How often claims are looked for whose answers were lost."""
TURN_SECONDS: Final = 15.0
"""No sleep is longer without a sign of life; with work in hand no turn is later."""
CALL_SECONDS: Final = 0.5
"""How long a database call of the loop may go on after a stop was asked for."""
FORCED_SECONDS: Final = 8.0
"""How long giving back the claims may take when the process has to end at once."""

GRACEFUL: Final = 0
FORCED: Final = 1
BROKEN: Final = 1

Reload = Callable[[Engine], Awaitable[Engine]]
"""Builds an engine from the configuration as it is now; raises to refuse it."""


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """What the command line says about the loop.

    ``max_wait`` is the longest idle sleep in seconds; after ``max_idle_loops`` polls in a
    row that found nothing the daemon ends (None: never).
    """

    max_wait: float = 32
    max_idle_loops: int | None = None


class Daemon:
    """Claims events and runs their handlers until it is told to stop.

    Owns ``engine`` and every engine that ``reload`` makes, and closes them.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        options: LoopOptions,
        observer: Observer,
        reload: Reload | None = None,
    ) -> None:
        self._engine = engine
        self._options = options
        self._observer = observer
        self._reload = reload
        self._retired: list[Engine] = []
        self._outage = OutageLog(observer.connected)
        self._leases = LeaseKeeper(self._outage)
        self._claims = Claims(self._leases)
        self._housekeeping = Housekeeping()
        self._idle = IdleWork(self.wake)
        self._event_tasks: set[asyncio.Task[None]] = set()
        self._background: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._force = asyncio.Event()
        self._broken = asyncio.Event()
        self._is_reload_asked = False
        self._is_done = False
        self._idle_polls = 0
        self._idle_seconds = FIRST_IDLE_SECONDS
        self._is_listening = False

    def wake(self) -> None:
        """Take a turn now."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more and end when all is finished; asked twice: end at once."""
        (self._force if self._stop.is_set() else self._stop).set()
        self.wake()

    def reload(self) -> None:
        """Read the configuration again before the next turn."""
        self._is_reload_asked = True
        self.wake()

    async def run(self) -> int:
        """Run until stopped, or idle for long enough; return the exit code."""
        with self._signals():
            try:
                return await self._run()
            finally:
                for engine in [*self._retired, self._engine]:
                    await engine.close()

    async def _run(self) -> int:
        log.info(
            "started: %s, %d events at once, listen=%s",
            place(self._engine.conninfo),
            self._engine.settings.concurrency,
            self._engine.settings.listen,
            extra={"action": "start"},
        )
        self._observer.started()
        self._spawn("leases", self._leases.run())
        self._spawn("listener", self._listen(self._engine))
        self._spawn("loop", self._turns())
        turns = self._background["loop"]
        try:
            await first_of(turns, self._stop, self._broken)
            self._observer.stopping()
            await self._finish(turns)
        finally:
            for task in self._background.values():
                task.cancel()
            await asyncio.wait(self._background.values(), timeout=CALL_SECONDS)
        if self._broken.is_set():
            return BROKEN
        log.info("stopped", extra={"action": "stop"})
        return FORCED if self._force.is_set() else GRACEFUL

    async def _finish(self, turns: asyncio.Task[None]) -> None:
        """Let events in hand end by themselves, or, when it is urgent, make them end."""
        if self._leases or self._idle.task:
            log.info("finishing %d events", len(self._leases), extra={"action": "finish"})
        # What it has not finished is given back, and loses nothing.
        self._idle.cancel()
        # A call to a database that does not answer must not hold up the end.
        await asyncio.wait({turns}, timeout=CALL_SECONDS)
        turns.cancel()
        while (tasks := self._tasks_in_hand()) and not self._is_urgent():
            await first_of(*tasks, self._force, self._broken)
        for work in self._leases.works:
            work.interrupt(Interruption.STOP)
        if tasks := self._tasks_in_hand():
            await asyncio.wait(tasks, timeout=FORCED_SECONDS)
        # The turn that was cancelled may have been claiming.
        await asyncio.wait({turns}, timeout=CALL_SECONDS)
        await self._claims.settle(self._engine.queue, CALL_SECONDS)

    def _is_urgent(self) -> bool:
        return self._force.is_set() or self._broken.is_set()

    def _tasks_in_hand(self) -> set[asyncio.Task[None] | asyncio.Task[bool]]:
        return {*self._event_tasks, *([self._idle.task] if self._idle.task else [])}

    def _spawn(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Start a task the process cannot live without."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._background_ended)
        self._background[name] = task

    def _background_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.critical(
            "the %s broke, the process ends",
            task.get_name(),
            exc_info=error,
            extra={"action": "broken"},
        )
        self._broken.set()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handlers = {
            signal.SIGTERM: self.stop,
            signal.SIGINT: self.stop,
            signal.SIGHUP: self.reload,
        }
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    async def _listen(self, engine: Engine) -> None:
        if engine.settings.listen == "no":
            return
        listener = Listener(
            engine.conninfo,
            engine.database,
            prove=engine.settings.listen == "auto",
            wake=self._notified,
            changed=self._listening_changed,
        )
        try:
            await listener.run()
        except NotificationsBlocked:
            log.info(
                "notifications do not reach us (a connection pooler?): polling instead, "
                "up to %g s apart; listen=no says so from the start",
                self._options.max_wait,
                extra={"action": "polling"},
            )

    def _listening_changed(self, active: bool) -> None:
        self._is_listening = active
        self._observer.listening(active)

    def _notified(self) -> None:
        self._idle_seconds = FIRST_IDLE_SECONDS
        self.wake()

    async def _turns(self) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            if self._is_reload_asked:
                await self._reload_engine()
            try:
                seconds = await self._turn(self._engine)
                self._outage.answered()
                backoff.reset()
            except (psycopg.Error, Unreachable) as error:
                self._outage.failed(error)
                self._idle_polls = 0
                seconds = backoff.next()
            self._observer.progressed()
            if self._is_done:
                return
            await self._sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        """Wait to be woken, giving a sign of life now and then."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while not self._wake.is_set() and (left := until - clock()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, TURN_SECONDS)):
                    await self._wake.wait()
            self._observer.progressed()
        self._wake.clear()

    async def _turn(self, engine: Engine) -> float:
        """Claim what is ready; return how long to sleep unless woken."""
        clock = asyncio.get_running_loop().time
        looked_at = clock()
        in_hand = len(self._leases)
        free = engine.settings.concurrency - in_hand
        claimed = await self._claim(engine, free)
        await self._housekeeping.tidy(engine.queue)
        if claimed:
            self._idle_polls = 0
            self._idle_seconds = FIRST_IDLE_SECONDS
            self._idle.forget()
        if claimed == max(free, 0):
            await self._housekeeping.rescue_regularly(engine.queue)
            return TURN_SECONDS
        due = await engine.queue.next_due(since=clock() - looked_at)
        if due.deferred and await engine.queue.expand():
            return 0
        if self._is_stalled(due) and await self._housekeeping.rescue(engine.queue):
            return 0
        return self._rest(engine, due, in_hand + claimed)

    async def _claim(self, engine: Engine, free: int) -> int:
        if free <= 0 or self._stop.is_set():
            return 0
        asked_at = asyncio.get_running_loop().time()
        events = await self._claims.take(engine.queue, free)
        if events:
            self._observer.claimed(events)
        for event in events:
            work = Work(engine, event, self._observer)
            if self._stop.is_set():
                work.interrupt(Interruption.STOP)
            self._leases.hold(work, asked_at)
            task = asyncio.create_task(work.run(), name=f"event {event.id}")
            self._event_tasks.add(task)
            task.add_done_callback(partial(self._event_ended, work))
        return len(events)

    def _event_ended(self, work: Work, task: asyncio.Task[None]) -> None:
        self._event_tasks.discard(task)
        self._leases.drop(work)
        if not task.cancelled() and (error := task.exception()):
            log.error("event %d: its task broke", work.event.id, exc_info=error)
        self._close_retired()
        self.wake()

    def _rest(self, engine: Engine, due: Due, in_hand: int) -> float:
        """No event is ready: begin an idle step, or count an idle poll.

        ``in_hand`` events were under way when the queue was asked; those that have ended
        since may have made others ready.
        """
        if self._stop.is_set():
            return 0
        seconds = min(self._idle_sleep(), self._seconds_until(due))
        is_busy = self._idle.begin(engine)
        if self._idle.was_productive or in_hand or due.collecting is not None:
            self._idle_polls = 0
            return seconds
        if is_busy:
            return seconds
        self._observer.idled()
        self._idle_polls += 1
        if self._idle_polls == self._options.max_idle_loops:
            log.info("idle for %d polls: done", self._idle_polls, extra={"action": "idle"})
            self._is_done = True
        return seconds

    def _idle_sleep(self) -> float:
        """The longest sleep at once when we are sure to be woken; else a growing one.

        Who waits for the end of ``max_idle_loops`` polls does not want them far apart.
        """
        longest = self._options.max_wait
        if self._is_listening and self._options.max_idle_loops is None:
            return longest
        seconds = min(self._idle_seconds, longest)
        self._idle_seconds = min(2 * seconds, longest)
        return seconds

    def _is_stalled(self, due: Due) -> bool:
        return due.stalled is not None and self._housekeeping.rescue_in(due.stalled) <= 0

    def _seconds_until(self, due: Due) -> float:
        times = [time for time in (due.collecting, due.waiting) if time is not None]
        if due.deferred:
            # It was not to be had: another transaction holds it.
            times.append(FIRST_IDLE_SECONDS)
        if due.stalled is not None:
            times.append(self._housekeeping.rescue_in(due.stalled))
        if self._claims.is_in_doubt:
            times.append(DOUBT_SECONDS)
        first = min(times, default=self._options.max_wait)
        return first if first > 0 else OVERDUE_SECONDS

    async def _reload_engine(self) -> None:
        self._is_reload_asked = False
        if self._reload is None:
            return
        self._observer.reloading()
        try:
            engine = await self._reload(self._engine)
        except (ArtworkIndexerError, psycopg.Error, OSError) as error:
            log.error(  # noqa: TRY400  (the message is for the operator)
                "reload refused, the old configuration stays: %s",
                summary(error),
                extra={"action": "reload"},
            )
            self._observer.reloaded(accepted=False)
            return
        if engine is not self._engine:
            self._retired.append(self._engine)
            self._engine = engine
            self._background["listener"].cancel()
            self._spawn("listener", self._listen(engine))
            self._close_retired()
        self._observer.reloaded(accepted=True)

    def _close_retired(self) -> None:
        """Close engines that no running event uses any more."""
        used = {id(work.engine) for work in self._leases.works} | {id(self._idle.engine)}
        for engine in [engine for engine in self._retired if id(engine) not in used]:
            self._retired.remove(engine)
            # A stop must not leave it half closed.
            self._spawn(f"end of engine {id(engine)}", to_its_end(engine.close()))
