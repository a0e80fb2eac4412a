"""Fixtures: the sample world, for tests of what MusicBrainz says.

A test module asks for them by ``pytest_plugins = ["tests.audit.expected_plugin"]``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import psycopg
import pytest

from artwork_indexer.database import Database
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.world import World, build
from tests.queue_fixtures import Rows


async def _build(conninfo: str) -> World:
    async with await psycopg.AsyncConnection[tuple[Any, ...]].connect(conninfo) as connection:
        world = await build(connection)
    with Rows(conninfo).connection as rows:
        # Loading fires triggers; the world itself is at rest.
        rows.execute("DELETE FROM artwork_indexer.event_queue")
        rows.execute("DELETE FROM artwork_indexer.deferred_demand")
    return world


@pytest.fixture(scope="session")
def world_template(postgres: Server, migrated_template: str) -> tuple[str, World]:
    """Name of a database that holds the sample world and our schema, and what is in it."""
    name = f"template_world_{os.getpid()}"
    return name, asyncio.run(_build(postgres.create_database(name, template=migrated_template)))


@pytest.fixture
def world(world_template: tuple[str, World]) -> World:
    """What is in the sample world."""
    return world_template[1]


@pytest.fixture
def world_url(new_database: Callable[[str | None], str], world_template: tuple[str, World]) -> str:
    """A copy of the sample world."""
    return new_database(world_template[0])


@pytest.fixture
def rows(world_url: str) -> Iterator[Rows]:
    """A person with psql."""
    rows = Rows(world_url)
    yield rows
    rows.connection.close()


@pytest.fixture
async def database(world_url: str) -> AsyncIterator[Database]:
    """As the audit has it, behind a pooler or not."""
    async with Database(world_url, size=2, prepared=False, name="audit") as database:
        yield database
