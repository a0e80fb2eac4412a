"""Regular upkeep of the queue, at fixed times whether or not there is work."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Final

from artwork_indexer.event_queue import PRUNE_BATCH, EventQueue

log = logging.getLogger(__name__)

RESCUE_SECONDS: Final = 15.0
"""How often a busy loop looks for events whose worker is gone."""
AGAIN_SECONDS: Final = 1.0
"""How soon to look again for one that was not to be had: somebody holds a lock on it."""
TIDY_SECONDS: Final = 150.0
"""How often to delete old events and to look over the waiting ones."""
MORE_SECONDS: Final = 5.0
"""How soon to go on when one batch was not enough."""


class Housekeeping:
    """Everything is due at the first call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rescued_at = -math.inf
        self._prune_at = clock()
        self._sweep_at = clock()

    def rescue_in(self, seconds: float) -> float:
        """Seconds until stalled events should be looked for, if one is to stall in ``seconds``."""
        return max(seconds, self._rescued_at + AGAIN_SECONDS - self._clock())

    async def rescue_regularly(self, queue: EventQueue) -> None:
        """Take events from workers that are gone, if nobody has looked for a while."""
        if self._clock() >= self._rescued_at + RESCUE_SECONDS:
            await self.rescue(queue)

    async def rescue(self, queue: EventQueue) -> bool:
        """Take events from workers that are gone; say whether there were any."""
        self._rescued_at = self._clock()
        rescued = await queue.rescue()
        for event, outcome in rescued:
            log.log(
                logging.ERROR if outcome == "failed" else logging.WARNING,
                "event %d was taken from a worker that is gone: %s",
                event,
                outcome,
                extra={"action": "rescue", "event_id": event, "outcome": outcome},
            )
        return bool(rescued)

    async def tidy(self, queue: EventQueue) -> None:
        """Delete a batch of old events and release what waits in vain, if it is time."""
        if self._clock() >= self._prune_at:
            is_more = await queue.prune() >= PRUNE_BATCH
            self._prune_at = self._clock() + (MORE_SECONDS if is_more else TIDY_SECONDS)
        if self._clock() >= self._sweep_at:
            is_more = await queue.sweep() > 0
            await queue.fail_orphans()
            self._sweep_at = self._clock() + (MORE_SECONDS if is_more else TIDY_SECONDS)
