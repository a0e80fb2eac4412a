"""The daemon inside the test's own process: fast, and built as the command builds it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from artwork_indexer.cli.compose import open_engine, worker_name
from artwork_indexer.config import load
from artwork_indexer.daemon import Daemon, LoopOptions
from artwork_indexer.observer import Observer
from artwork_indexer.sandbox.internet_archive import Entry
from tests.scenarios.stage import Stage

LONGEST: Final = 30.0
"""Seconds after which something that should have happened is a failure."""
GLANCE: Final = 0.01


class Running:
    """A daemon at work."""

    def __init__(self) -> None:
        self._task: asyncio.Task[int] | None = None
        self._daemon: Daemon | None = None

    async def start(self, stage: Stage, options: LoopOptions) -> None:
        config = load(stage.config_file(), {})
        observer = Observer()
        engine = await open_engine(
            config, worker=worker_name(), observer=observer, http_observer=None
        )
        self._daemon = Daemon(engine, options=options, observer=observer)
        self._task = asyncio.create_task(self._daemon.run())

    def stop(self) -> None:
        assert self._daemon is not None
        self._daemon.stop()

    async def ended(self) -> int:
        """The exit code."""
        assert self._task is not None
        return await asyncio.wait_for(self._task, LONGEST)


async def drain(stage: Stage) -> None:
    """Run a daemon until it finds nothing to do."""
    daemon = Running()
    await daemon.start(stage, LoopOptions(max_wait=1, max_idle_loops=1))
    assert await daemon.ended() == 0


async def drain_for_hours(stage: Stage) -> None:
    """Drain, and let the time pass that events wait for, until all have ended."""
    for _ in range(8):
        await drain(stage)
        if {"queued", "running"}.isdisjoint(stage.states().values()):
            return
        stage.make_due()
    raise AssertionError(f"still not done: {stage.queue()}")


@asynccontextmanager
async def running(stage: Stage, *, max_wait: float = 0.2) -> AsyncIterator[Running]:
    """A daemon that works during the block and finishes what it has begun at its end."""
    daemon = Running()
    await daemon.start(stage, LoopOptions(max_wait=max_wait))
    try:
        yield daemon
    finally:
        stage.archive.faults.clear()
        daemon.stop()
        await daemon.ended()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that nothing announces."""
    async with asyncio.timeout(LONGEST):
        while not condition():  # noqa: ASYNC110  (the database announces nothing to tests)
            await asyncio.sleep(GLANCE)


def is_put(fragment: str) -> Callable[[Entry], bool]:
    return lambda entry: entry.method == "PUT" and fragment in entry.target


def is_completed(stage: Stage, event: int) -> bool:
    return stage.states()[event] == "completed"
