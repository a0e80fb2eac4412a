"""MBIDs that were merged come under audit: their items must be empty."""

from __future__ import annotations

import pytest

from artwork_indexer.database import Database
from audit.seeding import progress
from audit.seeding.checkpoint import REDIRECT, Checkpoints, Seeding
from audit.seeding.progress import Tally
from audit.seeding.redirects import source_of
from tests.audit.seeding.musicbrainz_fixtures import MusicBrainz, gid_of, seed_redirects

pytest_plugins = ["tests.audit.seeding.musicbrainz_plugin"]


async def test_all_of_them_once(database: Database, mb: MusicBrainz) -> None:
    for number in range(1, 31):
        mb.merge(number, 99, days_ago=40 - number, with_row=False)
    assert await seed_redirects(database) == Tally(30)
    assert mb.audited() == dict.fromkeys(range(1, 31), REDIRECT)


async def test_a_second_run_reads_only_what_is_new(database: Database, mb: MusicBrainz) -> None:
    for number in range(1, 31):
        mb.merge(number, 99, days_ago=40 - number, with_row=False)
    await seed_redirects(database)
    mb.merge(5000, 99, with_row=False)
    assert (await seed_redirects(database)).inserted == 1
    assert (await seed_redirects(database)).already <= 2
    assert set(mb.audited()) == {*range(1, 31), 5000}


@pytest.mark.parametrize(
    ("status", "is_due"), [("clean", True), ("legacy", False), ("manual_review", False)]
)
async def test_a_merge_brings_back_what_was_found_in_order(
    database: Database, mb: MusicBrainz, status: str, *, is_due: bool
) -> None:
    mb.run(
        "INSERT INTO artwork_indexer.audit_entity (entity_type, gid, status, next_audit_at)"
        " VALUES ('release', %(gid)s::uuid, %(status)s, now() + interval '80 days')",
        gid=gid_of(1),
        status=status,
    )
    mb.merge(1, 99, with_row=False)
    await seed_redirects(database)
    (row,) = mb.run("SELECT next_audit_at <= now() AS is_due FROM artwork_indexer.audit_entity")
    assert row["is_due"] is is_due


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_merge_is_news_in_the_first_pass_and_later(
    database: Database, mb: MusicBrainz, *, is_first: bool
) -> None:
    """The first pass finds it by its MBID only, later ones by its time only."""
    if not is_first:
        await seed_redirects(database)
    mb.found_in_order(1)
    mb.merge(1, 99, days_ago=9 if is_first else 0, with_row=False)
    await seed_redirects(database)
    assert mb.due() == {1}


@pytest.mark.parametrize("entity_type", ["release", "event"])
async def test_a_merge_from_the_future_hides_no_later_one(
    database: Database, mb: MusicBrainz, entity_type: str
) -> None:
    mb.merge(1, 99, days_ago=-10, with_row=False, entity_type=entity_type)
    await seed_redirects(database, entity_type)
    mb.merge(2, 99, with_row=False, entity_type=entity_type)
    await seed_redirects(database, entity_type)
    assert set(mb.audited(entity_type)) == {1, 2}


async def test_redirects_of_unknown_age_are_found(database: Database, mb: MusicBrainz) -> None:
    mb.merge(1, 99, with_row=False)
    mb.run("UPDATE musicbrainz.release_gid_redirect SET created = NULL")
    assert await seed_redirects(database) == Tally(1)
    mb.merge(2, 99, with_row=False)
    await seed_redirects(database)
    assert set(mb.audited()) == {1, 2}


async def test_many_merges_at_one_moment_take_several_pages(
    database: Database, mb: MusicBrainz
) -> None:
    mb.merge(1, 99, days_ago=9, with_row=False)
    await seed_redirects(database)
    mb.run(
        "INSERT INTO musicbrainz.release_gid_redirect (gid, new_id)"
        " SELECT lpad(to_hex(number), 32, '0')::uuid, 99 FROM generate_series(2, 7001) AS number"
    )
    assert (await seed_redirects(database)).inserted == 7000
    assert len(mb.audited()) == 7001


async def test_a_run_that_was_stopped_goes_on_by_mbid(database: Database, mb: MusicBrainz) -> None:
    for number in range(1, 11):
        mb.merge(number, 99, days_ago=9, with_row=False)
    stopped = await Seeding.open(database, source_of("release"))
    await stopped.add([], {"merges": ["2001-01-01T00:00:00+00:00", gid_of(0)], "gids": [gid_of(6)]})
    assert (await seed_redirects(database)).inserted == 10
    done = await Checkpoints(database).load(source_of("release"))
    assert done is not None
    assert done.position["gids"] is None
    assert done.finished_at is not None


async def test_what_is_left_is_known_by_mbid(
    database: Database,
    mb: MusicBrainz,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    mb.run(
        "INSERT INTO musicbrainz.release_gid_redirect (gid, new_id)"
        " SELECT md5(number::text)::uuid, 99 FROM generate_series(1, 8000) AS number"
    )
    mb.run("ANALYZE musicbrainz.release_gid_redirect")
    await seed_redirects(database)
    assert "2,000 of 8,000 MBIDs, " in capsys.readouterr().err
    stopped = await Seeding.open(database, source_of("release"))
    half = "80000000-0000-0000-0000-000000000000"
    await stopped.add([], {**stopped.position, "gids": [half]})
    await seed_redirects(database)
    assert "2,000 of 4,000 MBIDs, " in capsys.readouterr().err


async def test_merged_events_are_events(database: Database, mb: MusicBrainz) -> None:
    mb.run(
        "INSERT INTO musicbrainz.event_gid_redirect (gid, new_id) VALUES (%(gid)s::uuid, 1)",
        gid=gid_of(5),
    )
    assert (await seed_redirects(database, "event")).inserted == 1
    assert (mb.audited("event"), mb.audited()) == ({5: REDIRECT}, {})
