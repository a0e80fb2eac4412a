"""Fixtures: what stands outside an audit, served on loopback.

A test module asks for them by ``pytest_plugins = ["tests.audit.actual_plugin"]``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from artwork_indexer.http import HttpClient
from tests.audit.actual_fixtures import Outside, served


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """Stand-ins, and a client that waits for them however slow the machine is."""
    async with HttpClient("test") as client, served(client) as one:
        yield one


@pytest.fixture
async def hasty(outside: Outside) -> AsyncIterator[Outside]:
    """The same where an answer may never come: a client that does not wait long."""
    async with HttpClient("test", connect_seconds=2, read_seconds=0.5, total_seconds=5) as client:
        outside.client = client
        yield outside
