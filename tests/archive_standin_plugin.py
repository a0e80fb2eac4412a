"""Fixtures: the stand-in of the Internet Archive, served on loopback.

A test module asks for them by ``pytest_plugins = ["tests.archive_standin_plugin"]``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from artwork_indexer.sandbox.internet_archive import Archive
from tests.archive_standin_fixtures import StandIn, served


@pytest.fixture
async def standin() -> AsyncIterator[StandIn]:
    async with served(Archive()) as one:
        yield one


@pytest.fixture
async def slow_standin() -> AsyncIterator[StandIn]:
    """One that applies a write 30 seconds later."""
    async with served(Archive(delay=30)) as one:
        yield one
