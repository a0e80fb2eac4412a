"""Fixtures with a MusicBrainz slice. A test module asks for them by ``pytest_plugins``."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from artwork_indexer.sandbox.schema import musicbrainz_schema
from tests.musicbrainz_fixtures import FIXTURE, Database


@pytest.fixture
def empty(bare_database_url: str) -> Iterator[Database]:
    with psycopg.connect(bare_database_url, autocommit=True) as connection:
        yield Database(connection)


@pytest.fixture
def database(musicbrainz_url: str) -> Iterator[Database]:
    with psycopg.connect(musicbrainz_url, autocommit=True) as connection:
        connection.execute(FIXTURE.encode())
        yield Database(connection)


@pytest.fixture
def mirror(empty: Database) -> Database:
    empty.run(musicbrainz_schema(mirror=True))
    return empty
