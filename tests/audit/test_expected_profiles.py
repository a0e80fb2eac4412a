"""The expected state on a mirror, and with the rights that the daemon has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from artwork_indexer.database import Database
from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.schema import musicbrainz_schema
from artwork_indexer.sandbox.world import World, build
from audit import expected, owners
from audit.expected import Replication
from audit.states import Life
from tests.audit.expected_fixtures import every
from tests.queue_fixtures import Rows

pytest_plugins = ["tests.audit.expected_plugin"]

ROLES = (Path(__file__).parents[2] / "sql" / "roles.sql").read_text("utf-8")


@pytest.fixture
async def mirror_world(bare_database_url: str) -> World:
    """The sample world as replication leaves it: without edits, keys and triggers."""
    with psycopg.connect(bare_database_url, autocommit=True) as connection:
        connection.execute(musicbrainz_schema(mirror=True).encode())
    migrate_database(bare_database_url, with_triggers=False)
    async with await psycopg.AsyncConnection.connect(bare_database_url) as connection_:
        return await build(connection_, releases=50, events=50, mirror=True)


@pytest.fixture
async def mirror(bare_database_url: str, mirror_world: World) -> AsyncIterator[Database]:
    assert mirror_world.images
    async with Database(bare_database_url, size=1, prepared=False, name="audit") as database:
        yield database


async def test_a_mirror_knows_how_far_it_is(mirror: Database, bare_database_url: str) -> None:
    assert await expected.replication(mirror) == Replication(is_mirror=True, replicated_until=None)
    rows = Rows(bare_database_url)
    rows.run(
        "UPDATE musicbrainz.replication_control SET current_replication_sequence = 1,"
        " last_replication_date = '2026-11-21 12:00:00+00'"
    )
    rows.connection.close()
    assert await expected.replication(mirror) == Replication(
        is_mirror=True, replicated_until=1795262400.0
    )


async def test_a_master_is_never_behind(database: Database, rows: Rows) -> None:
    rows.run("UPDATE musicbrainz.replication_control SET last_replication_date = now()")
    assert await expected.replication(database) == Replication(
        is_mirror=False, replicated_until=None
    )


async def test_a_mirror_is_read_like_a_master_but_nothing_is_approved(
    mirror: Database, mirror_world: World
) -> None:
    states = await expected.read(mirror, every(mirror_world))
    images = [image for state in states.values() for image in state.images]
    assert len(images) == sum(map(len, mirror_world.images.values()))
    assert {image.approved for image in images} == {False}
    assert {state.life for state in states.values()} == set(Life)
    assert all(state.fields for state in states.values() if state.life is Life.LIVE)


@pytest.fixture
def daemon_url(world_url: str, rows: Rows) -> Iterator[str]:
    """A login with no more rights than sql/roles.sql gives the daemon."""
    rows.run(ROLES.replace("%", "%%"))
    rows.run("CREATE ROLE test_auditor LOGIN PASSWORD 'secret' IN ROLE artwork_indexer")
    yield make_conninfo(world_url, user="test_auditor", password="secret")
    rows.run("DROP OWNED BY artwork_indexer, artwork_indexer_ro, test_auditor CASCADE")
    rows.run("DROP ROLE test_auditor, artwork_indexer, artwork_indexer_ro")


async def test_the_rights_of_the_daemon_suffice(daemon_url: str, world: World) -> None:
    async with Database(daemon_url, size=1, prepared=False, name="daemon") as database:
        states = await expected.read(database, every(world))
        async with database.transaction() as connection:
            assert await expected.look_again(connection, states.values()) == {}
        gid = world.releases.with_art[0]
        assert all((await owners.read(database, "release", world.images[gid])).values())
        assert not (await expected.replication(database)).is_mirror
