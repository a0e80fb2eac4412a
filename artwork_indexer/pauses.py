"""Beginning the pause of a service for all processes, and telling of it."""

from __future__ import annotations

import logging

from artwork_indexer.errors import CredentialsRefused, ServicePaused
from artwork_indexer.event_queue import EventQueue
from artwork_indexer.observer import Observer

log = logging.getLogger(__name__)


async def begin_pause(
    queue: EventQueue, observer: Observer, error: ServicePaused, seconds: float
) -> None:
    """Leave a service alone; only the first of several processes tells of it."""
    if not await queue.pause_service(error.service, seconds, str(error)):
        return
    # Waiting does not mend refused keys: somebody has to be told.
    log.log(
        logging.ERROR if isinstance(error, CredentialsRefused) else logging.WARNING,
        "%s is paused for %.0f s: %s",
        error.service,
        seconds,
        error,
        extra={"action": "service_paused", "service": error.service, "seconds": seconds},
    )
    observer.service_paused(error, seconds)
