"""Batches at the edge of what a row can hold, of a dry run, of patience and of a position."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from artwork_indexer.database import Database
from artwork_indexer.errors import Refused, Unreachable
from audit.seeding.checkpoint import ANALYZED_AT, Batch, News, Seeding
from audit.seeding.progress import Tally
from tests.audit.seeding.musicbrainz_fixtures import MusicBrainz, gid_of

pytest_plugins = ["tests.audit.seeding.musicbrainz_plugin"]

SOURCE = "a source"


def batch(*numbers: int, priority: int = 100, news: News | None = None) -> Batch:
    return Batch("release", [gid_of(number) for number in numbers], [priority], [SOURCE], news)


async def test_a_position_that_was_forgotten_during_a_run_ends_it(
    database: Database, mb: MusicBrainz
) -> None:
    run = await Seeding.open(database, SOURCE)
    await run.add([batch(1)], {"id": 1})
    mb.run("DELETE FROM artwork_indexer.audit_seeding")
    with pytest.raises(Refused, match="under way"):
        await run.add([batch(2)], {"id": 2})
    assert mb.run("SELECT FROM artwork_indexer.audit_seeding") == []
    assert set(mb.audited()) == {1}


async def test_a_priority_has_room_for_its_bonus_and_no_more(
    database: Database, mb: MusicBrainz
) -> None:
    run = await Seeding.open(database, SOURCE)
    await run.add([batch(1, 2)], {})
    mb.run("UPDATE artwork_indexer.audit_entity SET priority = 1100, priority_bonus = 1000")
    await run.add([batch(1, priority=31_000), batch(2, priority=32_000)], {})
    assert mb.audited() == {1: 32_000, 2: 32_767}


async def test_what_is_overdue_stays_due_since_then(database: Database, mb: MusicBrainz) -> None:
    run = await Seeding.open(database, SOURCE)
    await run.add([batch(1)], {})
    (before,) = mb.run(
        "UPDATE artwork_indexer.audit_entity"
        "   SET status = 'clean', next_audit_at = now() - interval '1 day' RETURNING next_audit_at"
    )
    await run.add([batch(1, priority=150, news="merge")], {})
    assert run.raised == 1
    assert mb.run("SELECT next_audit_at FROM artwork_indexer.audit_entity") == [before]


@pytest.mark.parametrize("is_dry", [False, True])
async def test_many_new_entities_are_analyzed_but_not_by_a_dry_run(
    database: Database, mb: MusicBrainz, *, is_dry: bool
) -> None:
    run = await Seeding.open(database, SOURCE, dry=is_dry)
    assert await run.add([batch(*range(ANALYZED_AT))], {}) == Tally(ANALYZED_AT)
    (analyzed,) = mb.run(
        "SELECT analyze_count AS times FROM pg_stat_user_tables WHERE relname = 'audit_entity'"
    )
    assert analyzed["times"] == (0 if is_dry else 1)


@pytest.mark.slow
async def test_a_row_that_somebody_inserts_and_holds_ends_a_run_in_seconds(
    database: Database, mb: MusicBrainz
) -> None:
    run = await Seeding.open(database, SOURCE)
    with psycopg.connect(mb.conninfo) as other:
        other.execute(
            "INSERT INTO artwork_indexer.audit_entity (entity_type, gid) VALUES ('release', %s)",
            [gid_of(2)],
        )
        with pytest.raises(Unreachable, match="for too long"):
            await asyncio.wait_for(run.add([batch(1, 2)], {"id": 2}), 25)
        other.rollback()
    assert mb.audited() == {}
    assert mb.run("SELECT FROM artwork_indexer.audit_seeding") == []
    assert await run.add([batch(1, 2)], {"id": 2}) == Tally(2)
