"""Waiting for one of several things, and for one thing come what may."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


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


async def to_its_end(work: Coroutine[Any, Any, T] | asyncio.Task[T]) -> T:
    """Do something that must not stop halfway: a cancellation takes effect after it."""
    task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
