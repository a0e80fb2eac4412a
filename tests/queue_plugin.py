"""Fixtures for tests of the event queue.

A test module asks for them by ``pytest_plugins = ["tests.queue_plugin"]``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from artwork_indexer.event_queue import EventQueue
from tests.queue_fixtures import Rows, open_queue


@pytest.fixture
def rows(database_url: str) -> Iterator[Rows]:
    """Direct access to the rows."""
    rows = Rows(database_url)
    yield rows
    rows.close()


@pytest.fixture
async def queue(database_url: str) -> AsyncIterator[EventQueue]:
    """The queue of a worker called "me"."""
    async with open_queue(database_url) as queue:
        yield queue


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[EventQueue]:
    """The queue of a worker called "other"."""
    async with open_queue(database_url, "other") as queue:
        yield queue
