"""Who goes first where requests wait: those of events before those of audits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_IN_BACKGROUND: Final = ContextVar("in_background", default=False)


@contextmanager
def background() -> Iterator[None]:
    """What is done, and what tasks are made, in this block gives way to everything else."""
    token = _IN_BACKGROUND.set(True)
    try:
        yield
    finally:
        _IN_BACKGROUND.reset(token)


class Line:
    """A place where callers wait for something scarce, such as a slot of a limiter.

    At most one caller in the background stands in the queue of the scarce thing itself, and
    none joins it while somebody else waits: so an event waits for one audit at the most.
    """

    def __init__(self) -> None:
        self._background = asyncio.Lock()
        self._ahead = 0
        self._all_passed = asyncio.Event()

    async def wait(self, acquire: Callable[[], Awaitable[object]]) -> None:
        """Acquire it when it is the caller's turn."""
        if _IN_BACKGROUND.get():
            async with self._background:
                while self._ahead:
                    self._all_passed.clear()
                    await self._all_passed.wait()
                await acquire()
            return
        self._ahead += 1
        try:
            await acquire()
        finally:
            self._ahead -= 1
            if not self._ahead:
                self._all_passed.set()
