"""Regular upkeep of the queue, at fixed times whether or not there is work."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from artwork_indexer.event_queue import PRUNE_BATCH, EventQueue

log = logging.getLogger(__name__)

RESCUE_SECONDS: Final = 15.0
"""How often to look for events whose worker is gone."""
TIDY_SECONDS: Final = 150.0
"""How often to delete old events and to look over the waiting ones."""
MORE_SECONDS: Final = 5.0
"""How soon to go on when one batch was not enough."""


class Housekeeping:
    """Everything is due at the first call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rescue_at = clock()
        self._prune_at = clock()
        self._sweep_at = clock()

    def rescue_in(self) -> float:
        """Seconds until the next look for stalled events."""
        return max(0.0, self._rescue_at - self._clock())

    async def rescue(self, queue: EventQueue) -> None:
        """Take events from workers that are gone, if it is time to look."""
        if self._clock() < self._rescue_at:
            return
        for event, outcome in await queue.rescue():
            log.log(
                logging.ERROR if outcome == "failed" else logging.WARNING,
                "event %d was taken from a worker that is gone: %s",
                event,
                outcome,
                extra={"action": "rescue", "event_id": event, "outcome": outcome},
            )
        self._rescue_at = self._clock() + RESCUE_SECONDS

    async def tidy(self, queue: EventQueue) -> None:
        """Delete a batch of old events and release what waits in vain, if it is time."""
        if self._clock() >= self._prune_at:
            is_more = await queue.prune() >= PRUNE_BATCH
            self._prune_at = self._clock() + (MORE_SECONDS if is_more else TIDY_SECONDS)
        if self._clock() >= self._sweep_at:
            is_more = await queue.sweep() > 0
            self._sweep_at = self._clock() + (MORE_SECONDS if is_more else TIDY_SECONDS)
