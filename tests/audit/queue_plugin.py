"""Fixtures for tests of the audit's queue.

A test module asks for them by ``pytest_plugins = ["tests.audit.queue_plugin"]``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from artwork_indexer.database import Database
from audit.guardrails import Guardrails
from audit.queue import AuditQueue
from tests.audit.queue_fixtures import Entities, open_audits


@pytest.fixture
def entities(database_url: str) -> Iterator[Entities]:
    """Direct access to the rows."""
    entities = Entities(database_url)
    yield entities
    entities.close()


@pytest.fixture
async def audits(database_url: str) -> AsyncIterator[AuditQueue]:
    """The queue of a worker called "me", without limits."""
    async with open_audits(database_url) as queue:
        yield queue


@pytest.fixture
async def others(database_url: str) -> AsyncIterator[AuditQueue]:
    """The queue of a worker called "other", without limits."""
    async with open_audits(database_url, "other") as queue:
        yield queue


@pytest.fixture
async def guardrails(database_url: str) -> AsyncIterator[Guardrails]:
    """Those of another process."""
    async with Database(database_url, size=1, prepared=False, name="person") as database:
        yield Guardrails(database)
