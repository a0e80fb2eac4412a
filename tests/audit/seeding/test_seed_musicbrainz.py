"""Every release and event comes under audit, once, however often and from where it is run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from artwork_indexer.database import Database
from artwork_indexer.errors import Refused
from artwork_indexer.sandbox import world
from audit.seeding import progress, walking
from audit.seeding.checkpoint import WITH_ART, WITHOUT_ART, Checkpoints
from audit.seeding.progress import Tally
from tests.audit.seeding.musicbrainz_fixtures import MusicBrainz, seed_musicbrainz

pytest_plugins = ["tests.audit.seeding.musicbrainz_plugin"]

DAY = 86400.0


async def test_everything_that_is_live_comes_under_audit(
    database: Database, database_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        built = await world.build(connection, releases=60, events=60)
        await connection.commit()
        for entity_type, entities in (("release", built.releases), ("event", built.events)):
            tally = await seed_musicbrainz(database, entity_type)
            cursor = await connection.execute(
                "SELECT gid::text, priority FROM artwork_indexer.audit_entity"
                " WHERE entity_type::text = %s AND seeded_from LIKE 'musicbrainz: %%'",
                [entity_type],
            )
            priorities: dict[str, int] = dict(await cursor.fetchall())
            assert set(priorities) == set(entities.live)
            assert tally.inserted == len(entities.live)
            assert {priorities[gid] for gid in entities.with_art} == {WITH_ART}
            assert {priorities[gid] for gid in entities.without_art} == {WITHOUT_ART}


async def test_those_with_art_come_first(database: Database, mb: MusicBrainz) -> None:
    mb.release(*range(1, 3001))
    mb.art(*range(2001, 3001), age=2 * DAY)
    await seed_musicbrainz(database)
    rows = mb.run("SELECT min(id), max(id) FROM artwork_indexer.audit_entity GROUP BY priority")
    assert sorted((row["min"], row["max"]) for row in rows) == [(1, 1000), (1001, 3000)]


async def test_only_those_with_art_and_then_the_others(database: Database, mb: MusicBrainz) -> None:
    mb.release(1, 2, 3)
    mb.art(2, age=2 * DAY)
    assert await seed_musicbrainz(database, without_art=False) == Tally(1)
    assert mb.audited() == {2: WITH_ART}
    assert (await seed_musicbrainz(database)).inserted == 2
    assert mb.audited() == {1: WITHOUT_ART, 2: WITH_ART, 3: WITHOUT_ART}


async def test_a_second_run_reads_only_what_is_new(database: Database, mb: MusicBrainz) -> None:
    mb.release(*range(1, 5001))
    mb.art(*range(1, 4001), age=2 * DAY)
    assert await seed_musicbrainz(database) == Tally(5000)
    mb.release(5001, 5002)
    mb.art(5002)
    second = await seed_musicbrainz(database)
    # What may have been committed late is read again; 5002 counts as a release and as an image.
    assert second.inserted == 2
    assert second.already <= 1050
    assert (mb.audited()[5001], mb.audited()[5002]) == (WITHOUT_ART, WITH_ART)


async def test_an_entity_that_got_art_since_moves_forward(
    database: Database, mb: MusicBrainz
) -> None:
    mb.release(*range(1, 2001))
    await seed_musicbrainz(database)
    mb.run("UPDATE artwork_indexer.audit_entity SET status = 'clean'")
    mb.art(7)
    await seed_musicbrainz(database)
    due = mb.run(
        "SELECT gid, priority FROM artwork_indexer.audit_entity WHERE next_audit_at <= now()"
    )
    assert [(row["gid"].int, row["priority"]) for row in due] == [(7, WITH_ART)]


async def test_an_entity_that_got_art_by_a_merge_moves_forward(
    database: Database, mb: MusicBrainz
) -> None:
    mb.release(*range(1, 2001))
    mb.art(8, age=400 * DAY)
    await seed_musicbrainz(database)
    mb.merge(8, 7)
    await seed_musicbrainz(database)
    assert mb.audited()[7] == WITH_ART


@pytest.mark.parametrize("entity_type", ["release", "event"])
async def test_a_merge_into_an_entity_without_art_moves_nothing(
    database: Database, mb: MusicBrainz, entity_type: str
) -> None:
    make = mb.release if entity_type == "release" else mb.event
    make(1, 2)
    mb.art(1, entity_type=entity_type, age=2 * DAY)
    await seed_musicbrainz(database, entity_type)
    mb.merge(9, 2, with_row=False, entity_type=entity_type)
    await seed_musicbrainz(database, entity_type)
    assert mb.audited(entity_type) == {1: WITH_ART, 2: WITHOUT_ART}


async def test_art_is_news_of_what_was_in_order_whatever_its_priority(
    database: Database, mb: MusicBrainz
) -> None:
    by_row, by_image, by_merge = 2000, 6, 7
    mb.found_in_order(by_row, by_image, by_merge)
    mb.release(*range(1, 2001))
    mb.art(8, age=500 * DAY)
    mb.art(9, age=400 * DAY)
    await seed_musicbrainz(database)
    assert mb.due() == set()
    mb.art(by_row, age=600 * DAY)
    mb.art(by_image)
    mb.merge(8, by_merge)
    await seed_musicbrainz(database)
    assert mb.due() == {by_row, by_image, by_merge}


async def test_a_row_that_was_committed_late_is_found(
    database: Database, mb: MusicBrainz, database_url: str
) -> None:
    mb.release(1, 2)
    with psycopg.connect(database_url) as late:
        late.execute("SET session_replication_role = replica")
        late.execute(
            "INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group)"
            " VALUES (3, '00000000-0000-0000-0000-000000000003', 'Late', 1, 1)"
        )
        mb.release(4)
        await seed_musicbrainz(database)
        assert set(mb.audited()) == {1, 2, 4}
    await seed_musicbrainz(database)
    assert set(mb.audited()) == {1, 2, 3, 4}


async def test_images_and_merges_that_were_committed_late_are_found(
    database: Database, mb: MusicBrainz
) -> None:
    mb.release(*range(1, 2004))
    mb.art(1, 2003, age=60)
    mb.merge(3000, 1, with_row=False)
    await seed_musicbrainz(database)
    mb.art(5, age=3600)
    mb.merge(2003, 6, days_ago=0.1)
    await seed_musicbrainz(database)
    assert (mb.audited()[5], mb.audited()[6]) == (WITH_ART, WITH_ART)


async def test_an_image_from_the_future_hides_no_later_one(
    database: Database, mb: MusicBrainz
) -> None:
    mb.release(*range(1, 2001))
    mb.art(1, age=-1000 * DAY)
    await seed_musicbrainz(database)
    mb.art(2)
    await seed_musicbrainz(database)
    assert mb.audited()[2] == WITH_ART


async def test_a_dry_run_counts_the_same_and_writes_nothing(
    database: Database, mb: MusicBrainz
) -> None:
    mb.release(1, 2, 3)
    mb.art(2, age=2 * DAY)
    assert await seed_musicbrainz(database, dry=True) == Tally(3)
    assert mb.audited() == {}
    assert await Checkpoints(database).load("musicbrainz release") is None
    assert await seed_musicbrainz(database) == Tally(3)


async def test_reads_from_one_database_and_writes_to_another(
    database: Database,
    mb: MusicBrainz,
    new_database: Callable[[str | None], str],
    migrated_template: str,
) -> None:
    mb.release(1, 2)
    other = MusicBrainz(new_database(migrated_template))
    async with Database(other.conninfo, size=2, prepared=False, name="test") as writer:
        assert await seed_musicbrainz(writer, reader=database) == Tally(2)
    assert (set(other.audited()), mb.audited()) == ({1, 2}, {})
    other.close()


async def test_a_database_without_musicbrainz_is_refused(
    database: Database, bare_database_url: str
) -> None:
    async with Database(bare_database_url, size=2, prepared=False, name="test") as reader:
        with pytest.raises(Refused, match=r"no MusicBrainz database .*\[database\]"):
            await seed_musicbrainz(database, reader=reader)


async def test_a_database_of_another_shape_is_refused(database: Database, mb: MusicBrainz) -> None:
    mb.run("ALTER TABLE musicbrainz.release_gid_redirect RENAME created TO made")
    with pytest.raises(Refused, match=r"no MusicBrainz database \(column redirect.created does"):
        await seed_musicbrainz(database)


async def test_a_later_run_refuses_it_as_the_first_one_does(
    database: Database, mb: MusicBrainz, bare_database_url: str
) -> None:
    mb.release(1)
    await seed_musicbrainz(database)
    async with Database(bare_database_url, size=2, prepared=False, name="test") as reader:
        with pytest.raises(Refused, match="no MusicBrainz database"):
            await seed_musicbrainz(database, reader=reader)


async def test_how_much_there_is_comes_from_statistics(
    database: Database,
    mb: MusicBrainz,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    mb.run("ALTER TABLE musicbrainz.release SET (autovacuum_enabled = off)")
    mb.release(*range(1, 4001))
    await seed_musicbrainz(database, without_art=False)
    assert "2,000 releases looked at, " in capsys.readouterr().err
    mb.run("ANALYZE musicbrainz.release")
    await seed_musicbrainz(database)
    told = capsys.readouterr().err
    assert "1,000 of 1,000 releases looked at" in told
    assert " of 4,000 releases looked at" in told


async def test_a_run_whose_writer_fails_leaves_no_task_behind(
    database: Database, mb: MusicBrainz
) -> None:
    mb.release(*range(1, 6001))
    mb.art(*range(1, 6001), age=2 * DAY)
    mb.run(
        "ALTER TABLE artwork_indexer.audit_entity"
        " ADD CHECK (gid <> '00000000-0000-0000-0000-0000000007d1')"
    )
    with pytest.raises(psycopg.errors.CheckViolation):
        await seed_musicbrainz(database)
    assert [task for task in asyncio.all_tasks() if "_read" in repr(task)] == []
    # Whole batches are there, the one with the refused row is not.
    assert set(mb.audited()) == set(range(1, 2001))


def test_batches_grow_and_shrink_with_the_time_they_take() -> None:
    size = walking.FIRST_SIZE
    assert walking.next_size(size, 10 * walking.BATCH_SECONDS) == size // 2
    assert walking.next_size(size, walking.BATCH_SECONDS / 10) == size * 2
    assert walking.next_size(walking.SMALLEST_SIZE, 100.0) == walking.SMALLEST_SIZE
    assert walking.next_size(walking.LARGEST_SIZE, 0.0) == walking.LARGEST_SIZE
