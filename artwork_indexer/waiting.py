"""Waiting for one of several things."""

from __future__ import annotations

import asyncio


async def first_of(*awaited: asyncio.Event | asyncio.Task[None] | asyncio.Task[bool]) -> None:
    """Wait until an event is set or a task has ended, whichever comes first."""
    watchers = [
        asyncio.create_task(one.wait()) if isinstance(one, asyncio.Event) else one
        for one in awaited
    ]
    try:
        await asyncio.wait(watchers, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for watcher, one in zip(watchers, awaited, strict=True):
            if watcher is not one:
                watcher.cancel()
