"""``noop``: nothing, for tests and debugging."""

from __future__ import annotations

import asyncio

from artwork_indexer.errors import TransientError
from artwork_indexer.event_queue import Event
from artwork_indexer.messages import noop_message


async def noop(event: Event) -> None:
    """Fail or sleep, as the message says."""
    message = noop_message(event.message)
    if message.fail:
        raise TransientError("Failure (no-op)")
    if message.sleep:
        await asyncio.sleep(message.sleep)
