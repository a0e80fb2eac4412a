"""Fixtures for tests of seeding from MusicBrainz's tables.

A test module asks for them by ``pytest_plugins = ["tests.audit.seeding.musicbrainz_plugin"]``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from artwork_indexer.database import Database
from tests.audit.seeding.musicbrainz_fixtures import MusicBrainz


@pytest.fixture
def mb(database_url: str) -> Iterator[MusicBrainz]:
    """Direct access to the rows."""
    mb = MusicBrainz(database_url)
    yield mb
    mb.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The same database as the program uses it."""
    async with Database(database_url, size=4, prepared=False, name="test") as database:
        yield database
