"""Claiming, with care for claims whose answers were lost on their way."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress

import psycopg

from artwork_indexer.errors import Unreachable
from artwork_indexer.event_queue import Event, EventQueue
from artwork_indexer.leases import LeaseKeeper


class Claims:
    """Takes events from a queue, and gives back those that nobody here knows of.

    A claim that was interrupted may have been made all the same, or be made later. Its events
    would block their entities until their leases end.
    """

    def __init__(self, leases: LeaseKeeper) -> None:
        self._leases = leases
        self._in_doubt_until = 0.0

    @property
    def is_in_doubt(self) -> bool:
        """Whether there may be claims whose answers were lost."""
        return asyncio.get_running_loop().time() < self._in_doubt_until

    async def take(self, queue: EventQueue, slots: int) -> list[Event]:
        """Claim up to ``slots`` events."""
        if self.is_in_doubt:
            await self._disown(queue)
        # A claim whose answer is not here yet is in doubt too: a stop does not wait for it.
        before, self._in_doubt_until = self._in_doubt_until, math.inf
        try:
            events = await queue.claim(slots)
        except BaseException:
            clock = asyncio.get_running_loop().time
            self._in_doubt_until = clock() + queue.settings.lease_seconds
            raise
        self._in_doubt_until = before
        return events

    async def settle(self, queue: EventQueue, seconds: float) -> None:
        """Give back for the last time what may have been claimed, if that can be done at once."""
        if not self.is_in_doubt:
            return
        # Not a time limit around it: a statement on a dead connection is slow to be cancelled.
        last = asyncio.create_task(self._try_to_disown(queue))
        await asyncio.wait({last}, timeout=seconds)
        last.cancel()

    async def _try_to_disown(self, queue: EventQueue) -> None:
        with suppress(psycopg.Error, Unreachable):
            await self._disown(queue)

    async def _disown(self, queue: EventQueue) -> None:
        await queue.disown(work.event.id for work in self._leases.works)
