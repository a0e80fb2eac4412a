"""Keeping the leases of the events in hand.

There is one setting, the length of the lease; it is renewed three times in that span. An
event whose lease could not be renewed in time may belong to somebody else by now, so its
handler is ended even when the database cannot be asked.
"""

from __future__ import annotations

import asyncio
from typing import Final

import psycopg

from artwork_indexer.database_trouble import OutageLog
from artwork_indexer.errors import Unreachable
from artwork_indexer.event_queue import EventQueue
from artwork_indexer.worker import Interruption, Work

BEATS: Final = 3


class LeaseKeeper:
    """Renews the leases of the events in hand until they are dropped."""

    def __init__(self, outage: OutageLog) -> None:
        self._outage = outage
        self._held_until: dict[Work, float] = {}
        self._is_holding = asyncio.Event()

    @property
    def works(self) -> tuple[Work, ...]:
        """The events in hand, oldest claim first."""
        return tuple(self._held_until)

    def __len__(self) -> int:
        return len(self._held_until)

    def hold(self, work: Work, asked_at: float) -> None:
        """Note a claim; ``asked_at`` is the loop's time before the database was asked."""
        self._held_until[work] = asked_at + work.engine.queue.settings.lease_seconds
        self._is_holding.set()

    def drop(self, work: Work) -> None:
        """Forget an event that has ended."""
        del self._held_until[work]
        if not self._held_until:
            self._is_holding.clear()

    async def run(self) -> None:
        """Renew until cancelled; sleeps while nothing is held."""
        while True:
            await self._is_holding.wait()
            leases = [work.engine.queue.settings.lease_seconds for work in self.works]
            await asyncio.sleep(min(leases, default=0) / BEATS)
            for queue in {work.engine.queue for work in self.works}:
                await self._renew(queue, [w for w in self.works if w.engine.queue is queue])
            self._end_overdue()

    async def _renew(self, queue: EventQueue, works: list[Work]) -> None:
        asked_at = asyncio.get_running_loop().time()
        try:
            lost = await queue.renew([work.event for work in works])
        except (psycopg.Error, Unreachable) as error:
            self._outage.failed(error)
            return
        for work in works:
            if work not in self._held_until:
                continue
            if work.event.id in lost:
                work.interrupt(Interruption.LEASE_LOST)
            else:
                self._held_until[work] = asked_at + queue.settings.lease_seconds

    def _end_overdue(self) -> None:
        now = asyncio.get_running_loop().time()
        for work, until in self._held_until.items():
            if until < now:
                work.interrupt(Interruption.LEASE_LOST)
