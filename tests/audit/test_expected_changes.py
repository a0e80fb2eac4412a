"""What changed since an audit began, and which events of ours are open."""

from __future__ import annotations

import psycopg
import pytest

from artwork_indexer.database import Database
from artwork_indexer.sandbox.world import World
from audit import catalogue, expected
from audit.states import Life
from tests.audit.expected_fixtures import (
    every,
    keys,
    read_one,
    without_keys,
    without_triggers,
)
from tests.queue_fixtures import Rows

pytest_plugins = ["tests.audit.expected_plugin"]


# --- changes


async def test_a_fingerprint_is_the_same_until_something_changes(
    database: Database, world: World
) -> None:
    batch = every(world)
    one_time, other_time = [await expected.read(database, batch) for _ in range(2)]
    assert one_time == other_time
    live = {state.fingerprint for state in one_time.values() if state.life is Life.LIVE}
    assert len(live) > 1


RELEASE = "SELECT id FROM musicbrainz.release WHERE gid = %(gid)s"
IMAGES = f"SELECT id FROM cover_art_archive.cover_art WHERE release = ({RELEASE})"
CHANGES = (
    "UPDATE musicbrainz.release SET name = name || '!' WHERE gid = %(gid)s",
    "UPDATE musicbrainz.release SET barcode = '4' WHERE gid = %(gid)s",
    f"UPDATE musicbrainz.release_meta SET amazon_asin = 'X' WHERE id = ({RELEASE})",
    f"UPDATE musicbrainz.release_meta SET cover_art_presence = 'darkened' WHERE id = ({RELEASE})",
    f"UPDATE cover_art_archive.cover_art SET comment = comment || '!' WHERE id IN ({IMAGES})",
    f"UPDATE cover_art_archive.cover_art SET edit = -1 WHERE id IN ({IMAGES})",
    f"DELETE FROM cover_art_archive.cover_art WHERE release = ({RELEASE})",
    f"DELETE FROM cover_art_archive.cover_art_type WHERE id IN ({IMAGES})",
    f"INSERT INTO musicbrainz.release_gid_redirect VALUES (gen_random_uuid(), ({RELEASE}))",
    f"DELETE FROM musicbrainz.release_country WHERE release = ({RELEASE})",
    """UPDATE musicbrainz.artist SET sort_name = sort_name || '!' WHERE id IN (
           SELECT artist FROM musicbrainz.artist_credit_name JOIN musicbrainz.release
            USING (artist_credit) WHERE release.gid = %(gid)s)""",
)


def rich_release(rows: Rows) -> str:
    """A release that every one of the changes changes."""
    found = rows.run("""
        SELECT release.gid::text
          FROM musicbrainz.release
          JOIN musicbrainz.release_meta USING (id)
          JOIN musicbrainz.release_country ON release_country.release = release.id
          JOIN cover_art_archive.cover_art ON cover_art.release = release.id
          JOIN cover_art_archive.cover_art_type ON cover_art_type.id = cover_art.id
          JOIN musicbrainz.edit ON edit.id = cover_art.edit
         WHERE cover_art_presence = 'present' AND edit.close_time IS NOT NULL
         LIMIT 1""")
    gid: str = found[0]["gid"]
    return gid


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_changes_is_seen_at_the_second_look(
    database: Database, world: World, rows: Rows, change: str
) -> None:
    gid = rich_release(rows)
    other = world.releases.without_art[0]
    before = await expected.read(database, keys("release", [gid, other]))
    without_keys(rows, "cover_art_archive.cover_art")
    rows.run(change, gid=gid)
    rows.run("DELETE FROM artwork_indexer.event_queue")
    rows.run("DELETE FROM artwork_indexer.deferred_demand")
    async with database.transaction() as connection:
        changed = await expected.look_again(connection, before.values())
    assert changed == {("release", gid): catalogue.DATABASE_CHANGED}


async def test_nothing_changed_and_the_order_of_types_does_not_count(
    database: Database, world: World, rows: Rows
) -> None:
    before = await expected.read(database, every(world))
    rows.run("CREATE TEMPORARY TABLE kept AS SELECT * FROM cover_art_archive.cover_art_type;")
    without_triggers(rows)
    rows.run("ALTER TABLE cover_art_archive.cover_art_type DISABLE TRIGGER USER")
    rows.run("DELETE FROM cover_art_archive.cover_art_type")
    rows.run(
        "INSERT INTO cover_art_archive.cover_art_type SELECT * FROM kept ORDER BY type_id DESC"
    )
    async with database.transaction() as connection:
        assert await expected.look_again(connection, before.values()) == {}


async def test_a_batch_is_read_in_one_snapshot_and_leaves_nothing_behind(
    database: Database, world: World, world_url: str
) -> None:
    await expected.read(database, every(world))
    async with await psycopg.AsyncConnection.connect(world_url) as connection:
        cursor = await connection.execute(
            "SELECT state, count(*) FROM pg_stat_activity WHERE application_name = 'audit'"
            " AND datname = current_database() GROUP BY state"
        )
        assert await cursor.fetchall() == [("idle", 1)]


# --- events of ours


async def test_events_that_touch_an_mbid_are_open_until_they_end(
    database: Database, world: World, rows: Rows
) -> None:
    source, target, indexed, running, done, failed, quiet = world.releases.with_art[:7]
    rows.copy(1, source, target)
    rows.index(indexed)
    rows.delete(2, running, state="running")
    rows.index(done, state="completed")
    rows.index(failed, state="failed")
    rows.add("noop", {"gid": quiet})
    rows.add("index", {"gid": quiet}, entity_type="event")
    batch = [source, target, indexed, running, done, failed, quiet]
    states = await expected.read(database, keys("release", batch))
    assert [states["release", gid].open_events for gid in batch] == [True] * 4 + [False] * 3
    async with database.transaction() as connection:
        changed = await expected.look_again(connection, states.values())
    assert changed == dict.fromkeys(keys("release", batch[:4]), catalogue.OPEN_EVENTS)


async def test_what_still_has_to_be_queued_is_open_too(
    database: Database, world: World, rows: Rows
) -> None:
    awaited, moved, quiet = world.releases.with_art[:3]
    rows.run(
        "INSERT INTO artwork_indexer.deferred_demand (entity_type, action, gid)"
        " VALUES ('release', 'index', %(gid)s)",
        gid=awaited,
    )
    rows.run(
        "INSERT INTO artwork_indexer.deferred_demand (entity_type, action, message)"
        " VALUES ('release', 'copy_image', jsonb_build_object('old_gid', %(gid)s::text,"
        " 'new_gid', gen_random_uuid(), 'artwork_id', 1, 'suffix', 'jpg'))",
        gid=moved,
    )
    states = await expected.read(database, keys("release", [awaited, moved, quiet]))
    assert [state.open_events for state in states.values()].count(True) == 2
    assert not states["release", quiet].open_events


async def test_the_releases_of_an_artist_whose_new_name_is_spread_are_open(
    database: Database, world: World, rows: Rows
) -> None:
    (chosen,) = rows.run(
        "SELECT release.gid::text, release.id, min(credit.artist) AS artist"
        " FROM musicbrainz.release"
        " JOIN musicbrainz.artist_credit_name AS credit USING (artist_credit)"
        " GROUP BY release.id ORDER BY release.id LIMIT 1"
    )
    rows.run(
        "INSERT INTO artwork_indexer.deferred_demand (entity_type, artist)"
        " VALUES ('release', %(artist)s)",
        artist=chosen["artist"],
    )
    assert (await read_one(database, chosen["gid"])).open_events
    rows.run("UPDATE artwork_indexer.deferred_demand SET last_entity = %(id)s", id=chosen["id"])
    assert not (await read_one(database, chosen["gid"])).open_events
    assert world.releases.with_art


async def test_events_are_looked_up_where_the_queue_is(
    database: Database, world: World, database_url: str
) -> None:
    gid = world.releases.with_art[0]
    primary = Rows(database_url)
    primary.index(gid)
    async with Database(database_url, size=1, prepared=False, name="primary") as queue:
        states = await expected.read(database, keys("release", [gid]), queue=queue)
    assert states["release", gid].open_events
    assert not (await read_one(database, gid)).open_events
    primary.connection.close()
