"""Entities whose rows somebody has while a source names them: nobody waits, nothing is lost."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from artwork_indexer.database import Database
from audit.seeding import checkpoint
from audit.seeding.checkpoint import Batch, Checkpoints, Seeding
from audit.seeding.progress import Tally
from tests.audit.seeding.checkpoint_fixtures import SOURCE, A, B, C, batch, entity

pytest_plugins = ["tests.audit.seeding.checkpoint_plugin"]

HOLD = b"SELECT FROM artwork_indexer.audit_entity WHERE gid = ANY (%s::uuid[]) FOR UPDATE"


@pytest.fixture
async def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Seeding:
    """One that has entered A and B with a low priority, and tries again each time."""
    monkeypatch.setattr(checkpoint, "AGAIN_SECONDS", 0)
    seeding = await Seeding.open(database, SOURCE)
    await seeding.add([batch(A, B, priority=10)], {"id": 1})
    return seeding


def priorities(psql: psycopg.Connection[Any]) -> list[int]:
    return [entity(psql, gid)["priority"] for gid in (A, B, C)]


async def test_they_are_left_out_and_seen_to_with_the_next_batch(
    run: Seeding, database_url: str, psql: psycopg.Connection[Any]
) -> None:
    psql.execute(
        "UPDATE artwork_indexer.audit_entity SET status = 'audit_in_progress' WHERE gid = %s", [A]
    )
    with psycopg.connect(database_url) as holder:
        holder.execute(HOLD, [[B]])
        assert await run.add([batch(A, B, C)], {"id": 2}) == Tally(1, 2)
        assert (priorities(psql), run.held, run.raised) == ([10, 10, 100], 2, 0)
    psql.execute("UPDATE artwork_indexer.audit_entity SET status = 'clean' WHERE gid = %s", [A])
    assert await run.add([], {"id": 3}) == Tally()
    assert (priorities(psql), run.held, run.raised) == ([100, 100, 100], 0, 2)
    assert run.tally == Tally(3, 2)


async def test_a_run_that_was_stopped_leaves_them_to_the_next_one(
    run: Seeding, database: Database, database_url: str, psql: psycopg.Connection[Any]
) -> None:
    psql.execute("UPDATE artwork_indexer.audit_entity SET status = 'clean'")
    with psycopg.connect(database_url) as holder:
        holder.execute(HOLD, [[A, B]])
        await run.add([batch(B, priority=200)], {"id": 2})
        await run.add([batch(C), Batch("release", [A], [150], ["merge"], "merge")], {"id": 3})
    following = await Seeding.open(database, SOURCE)
    assert (following.position, following.held) == ({"id": 3}, 2)
    await following.add([], {"id": 4})
    assert priorities(psql) == [150, 200, 100]
    assert entity(psql, A)["next_audit_at"] is not None
    kept = await Checkpoints(database).load(SOURCE)
    assert kept is not None
    assert kept.position == {"id": 4}


async def test_those_held_by_many_batches_are_kept_together(
    run: Seeding, database: Database, database_url: str
) -> None:
    with psycopg.connect(database_url) as holder:
        holder.execute(HOLD, [[A, B]])
        for gid, priority in ((A, 100), (B, 100), (A, 300), (A, 200)):
            await run.add([batch(gid, priority=priority)], {})
        kept = await Checkpoints(database).load(SOURCE)
    assert kept is not None
    [held] = kept.position["held"]
    assert dict(zip(held["gids"], held["priorities"], strict=True)) == {A: 300, B: 100}
    assert run.held == 2


async def test_they_are_not_tried_again_with_every_batch(
    run: Seeding,
    database: Database,
    database_url: str,
    psql: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many of them would make each batch slow."""
    monkeypatch.setattr(checkpoint, "AGAIN_SECONDS", 3600)
    with psycopg.connect(database_url) as holder:
        holder.execute(HOLD, [[B]])
        await run.add([batch(B)], {"id": 2})
    await run.add([batch(C)], {"id": 3})
    assert (priorities(psql), run.held) == ([10, 10, 100], 1)
    following = await Seeding.open(database, SOURCE)
    assert following.held == 1
    await run.add([], {"id": 4}, finished=True)
    assert (priorities(psql), run.held) == ([10, 100, 100], 0)


async def test_a_pass_ends_when_none_is_held_any_more(
    run: Seeding, database: Database, database_url: str, psql: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(database_url) as holder:
        holder.execute(HOLD, [[B]])
        await run.add([batch(B)], {"id": 2})
    await run.add([batch(C)], {"id": 3}, finished=True)
    kept = await Checkpoints(database).load(SOURCE)
    assert kept is not None
    assert (kept.position, kept.tally) == ({"id": 3}, Tally(3, 1))
    assert kept.finished_at is not None
    assert priorities(psql) == [10, 100, 100]


async def test_a_pass_ends_also_when_one_is_held_for_long(
    run: Seeding,
    database: Database,
    database_url: str,
    psql: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoint, "PATIENCE", (0.001, 0.002))
    with psycopg.connect(database_url) as holder:
        holder.execute(HOLD, [[B]])
        await run.add([batch(B)], {"id": 2}, finished=True)
    kept = await Checkpoints(database).load(SOURCE)
    assert kept is not None
    assert (kept.tally, kept.position["id"], run.held) == (Tally(2, 1), 2, 1)
    assert kept.finished_at is not None
    following = await Seeding.open(database, SOURCE)
    await following.add([], {"id": 2}, finished=True)
    assert (following.held, following.raised) == (0, 1)
    assert entity(psql, B)["priority"] == 100
