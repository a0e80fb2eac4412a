"""Fixtures: the stand-in of the Internet Archive, served on loopback.

Its clock stands still but for what a test adds, so that no task falls due because the machine
was slow.

A test module asks for them by ``pytest_plugins = ["tests.archive_standin_plugin"]``.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from artwork_indexer.sandbox.internet_archive import Archive, Clock
from tests.archive_standin_fixtures import StandIn, served


def clock() -> Clock:
    begun = float(int(time.time()))
    return Clock(lambda: begun)


@pytest.fixture
async def standin() -> AsyncIterator[StandIn]:
    async with served(Archive(clock=clock())) as one:
        yield one


@pytest.fixture
async def slow_standin() -> AsyncIterator[StandIn]:
    """One that applies a write 30 seconds later."""
    async with served(Archive(delay=30, clock=clock())) as one:
        yield one
