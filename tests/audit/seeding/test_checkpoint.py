"""Batches, their counts and their position: all or nothing."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC
from typing import Any

import psycopg
import pytest

from artwork_indexer.database import Database
from artwork_indexer.errors import Refused
from audit.seeding.checkpoint import ANALYZED_AT, Batch, Checkpoints, News, Seeding
from audit.seeding.progress import Tally
from tests.audit.seeding.checkpoint_fixtures import SOURCE, WAITS, A, B, C, batch, entity
from tests.queue_fixtures import until

pytest_plugins = ["tests.audit.seeding.checkpoint_plugin"]


async def test_inserts_each_entity_once(database: Database, psql: psycopg.Connection[Any]) -> None:
    run = await Seeding.open(database, SOURCE)
    assert (run.position, run.is_resumed) == ({}, False)
    assert await run.add([batch(A, B, A)], {"id": 1}, skipped=2) == Tally(2, 1, 2)
    assert await run.add([batch(B, C)], {"id": 2}, refused=1, finished=True) == Tally(1, 1, 0, 1)
    assert run.tally == Tally(3, 2, 2, 1)
    found = entity(psql)
    assert (found["priority"], found["seeded_from"], found["status"]) == (
        100,
        f"{SOURCE} 100",
        "unchecked",
    )
    # Entities that are there already use no number of the sequence.
    top = psql.execute("SELECT last_value FROM artwork_indexer.audit_entity_id_seq").fetchone()
    assert top == {"last_value": 3}


async def test_each_entity_may_have_its_own_priority_and_source(
    database: Database, psql: psycopg.Connection[Any]
) -> None:
    run = await Seeding.open(database, SOURCE)
    await run.add([Batch("event", [A, B, A], [5, 6, 7], ["five", "six", "seven"])], {})
    assert [
        (entity(psql, gid)["priority"], entity(psql, gid)["seeded_from"]) for gid in (A, B)
    ] == [
        (7, "seven"),
        (6, "six"),
    ]


async def test_goes_on_where_a_run_was_stopped(database: Database) -> None:
    first = await Seeding.open(database, SOURCE)
    await first.add([batch(A)], {"id": 1})
    second = await Seeding.open(database, SOURCE)
    assert (second.position, second.is_resumed, second.tally) == ({"id": 1}, True, Tally())
    await second.add([batch(B)], {"id": 2}, finished=True)
    assert second.tally == Tally(1)
    done = await Checkpoints(database).load(SOURCE)
    assert done is not None
    assert (done.tally, done.finished_at is None) == (Tally(2), False)


async def test_a_new_pass_begins_to_count_anew(
    database: Database, psql: psycopg.Connection[Any]
) -> None:
    started = "SELECT FROM artwork_indexer.audit_seeding WHERE started_at > %s"
    moment = "SELECT started_at AS it FROM artwork_indexer.audit_seeding"
    first = await Seeding.open(database, SOURCE)
    await first.add([batch(A)], {"id": 1}, finished=True)
    [before] = psql.execute(moment).fetchall()
    second = await Seeding.open(database, SOURCE)
    assert (second.position, second.is_resumed) == ({"id": 1}, False)
    await second.add([batch(B)], {"id": 2})
    after = await Checkpoints(database).load(SOURCE)
    assert after is not None
    assert (after.tally, after.finished_at) == (Tally(1), None)
    assert psql.execute(started, [before["it"]]).fetchall()


async def test_only_one_of_two_runs_goes_on(
    database: Database, psql: psycopg.Connection[Any]
) -> None:
    first = await Seeding.open(database, SOURCE)
    second = await Seeding.open(database, SOURCE)
    await first.add([batch(A)], {"id": 1})
    with pytest.raises(Refused, match="under way"):
        await second.add([batch(B)], {"id": 9})
    assert psql.execute("SELECT gid::text FROM artwork_indexer.audit_entity").fetchall() == [
        {"gid": A}
    ]
    await first.add([batch(C)], {"id": 2})


async def test_a_batch_that_fails_leaves_neither_rows_nor_position(
    database: Database, psql: psycopg.Connection[Any]
) -> None:
    run = await Seeding.open(database, SOURCE)
    with pytest.raises(psycopg.DataError):
        await run.add([batch(A), batch("not an MBID")], {"id": 1})
    assert psql.execute("SELECT FROM artwork_indexer.audit_entity").fetchall() == []
    assert await Checkpoints(database).load(SOURCE) is None
    assert run.tally == Tally()


async def test_a_dry_run_counts_and_writes_nothing(
    database: Database, psql: psycopg.Connection[Any]
) -> None:
    await (await Seeding.open(database, SOURCE)).add([batch(A)], {"id": 1})
    written = "SELECT * FROM artwork_indexer.audit_entity, artwork_indexer.audit_seeding"
    before = psql.execute(written).fetchall()
    run = await Seeding.open(database, SOURCE, dry=True)
    assert await run.add([batch(A, B, B, priority=500)], {"id": 2}) == Tally(1, 2)
    assert psql.execute(written).fetchall() == before


async def test_a_better_reason_moves_an_entity_forward(
    database: Database, psql: psycopg.Connection[Any]
) -> None:
    run = await Seeding.open(database, SOURCE)
    await run.add([batch(A, priority=10)], {})
    await run.add([batch(A, priority=300)], {})
    await run.add([batch(A, priority=200)], {})
    assert run.raised == 1
    assert (entity(psql)["priority"], entity(psql)["seeded_from"]) == (300, f"{SOURCE} 300")


@pytest.mark.parametrize(
    ("news", "status", "days", "due"),
    [
        ("art", "legacy", None, True),
        ("art", "clean", None, True),
        ("art", "clean", 80, False),
        ("art", "manual_review", None, False),
        ("merge", "clean", 80, True),
        ("merge", "legacy", None, False),
        ("merge", "repair_queue", 80, False),
        (None, "clean", 80, False),
        (None, "legacy", None, False),
    ],
)
async def test_news_bring_back_what_was_in_order_whatever_its_priority(
    database: Database,
    psql: psycopg.Connection[Any],
    news: News | None,
    status: str,
    days: int | None,
    *,
    due: bool,
) -> None:
    run = await Seeding.open(database, SOURCE)
    await run.add([batch(A, priority=300)], {})
    psql.execute(
        "UPDATE artwork_indexer.audit_entity"
        "   SET status = %s, next_audit_at = now() + %s * interval '1 day'",
        [status, days],
    )
    before = entity(psql)
    await run.add([Batch("release", [A], [150], ["news"], news=news)], {})
    after = entity(psql)
    assert (after["priority"], after["seeded_from"]) == (300, f"{SOURCE} 300")
    assert (after["next_audit_at"] != before["next_audit_at"]) is due
    assert not due or after["next_audit_at"] < after["next_audit_at"].now(UTC)
    assert run.raised == due


@pytest.mark.parametrize(("status", "due"), [("clean", True), ("manual_review", False)])
async def test_a_better_reason_brings_back_what_was_done_with(
    database: Database, psql: psycopg.Connection[Any], status: str, *, due: bool
) -> None:
    run = await Seeding.open(database, SOURCE)
    await run.add([batch(A, priority=10)], {})
    psql.execute("UPDATE artwork_indexer.audit_entity SET status = %s", [status])
    await run.add([batch(A, priority=100)], {})
    assert (entity(psql)["next_audit_at"] is not None) == due


WAITING = """
SELECT FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'test'
"""


@pytest.mark.usefixtures("patient_locks")
@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
async def test_whoever_inserts_the_same_at_once_was_there_before(
    database: Database, database_url: str, psql: psycopg.Connection[Any], isolation: str
) -> None:
    setting = f"SET default_transaction_isolation = '{isolation}'"
    psql.execute(f"ALTER DATABASE {psql.info.dbname} {setting}".encode())
    run = await Seeding.open(database, SOURCE)
    with psycopg.connect(database_url) as other:
        other.execute(
            "INSERT INTO artwork_indexer.audit_entity (entity_type, gid, priority)"
            " VALUES ('release', %s, 100)",
            [B],
        )
        adding = asyncio.create_task(run.add([batch(A, B, C, priority=300)], {}))
        await until(lambda: bool(psql.execute(WAITING).fetchall()))
        other.commit()
    assert await adding == Tally(2, 1)
    assert run.raised == 1
    assert [entity(psql, gid)["priority"] for gid in (A, B, C)] == [300, 300, 300]


@pytest.mark.usefixtures("patient_locks")
async def test_runs_that_block_each_other_both_come_to_their_end(
    database: Database, database_url: str, psql: psycopg.Connection[Any]
) -> None:
    """Each has several batches in a transaction, and names the same entities crosswise."""
    run = await Seeding.open(database, SOURCE)
    insert = b"INSERT INTO artwork_indexer.audit_entity (entity_type, gid) VALUES ('release', %s)"
    with psycopg.connect(database_url) as other, psycopg.connect(database_url) as door:
        # Who waits looks for a deadlock once: the run has to be the last one that waits, and
        # waits at the door until then.
        other.execute("SET LOCAL deadlock_timeout = '1min'")
        other.execute(insert, [C])
        door.execute(insert, [B])
        adding = asyncio.create_task(run.add([batch(A), batch(B), batch(C)], {"id": 1}))
        await until(lambda: bool(psql.execute(WAITING).fetchall()))
        crossing = asyncio.create_task(asyncio.to_thread(other.execute, insert, [A]))
        await until(lambda: bool(psql.execute(WAITS, [other.info.backend_pid]).fetchall()))
        door.rollback()
        await crossing
    assert await adding == Tally(1, 2)
    done = await Checkpoints(database).load(SOURCE)
    assert done is not None
    assert (done.tally, done.position) == (Tally(1, 2), {"id": 1})


MISSING = str(uuid.UUID(int=4))
ROWS_READ = "SELECT pg_stat_get_xact_tuples_returned('artwork_indexer.audit_entity'::regclass)"


async def test_sessions_that_planned_for_few_entities_plan_anew(
    database: Database, database_url: str, psql: psycopg.Connection[Any]
) -> None:
    """Else a daemon that runs since before reads all of it when an event ends."""
    await (await Seeding.open(database, SOURCE)).add([batch(A, B, C)], {})
    psql.execute("ANALYZE artwork_indexer.audit_entity")
    with psycopg.connect(database_url) as daemon:

        def rows_read() -> int:
            """By an event that ends, looking through the whole table for its entity."""
            before = daemon.execute(ROWS_READ).fetchone()
            daemon.execute("SELECT artwork_indexer.lock_audit_entity('release', %s)", [MISSING])
            after = daemon.execute(ROWS_READ).fetchone()
            daemon.rollback()
            assert before is not None
            assert after is not None
            return int(after[0] - before[0])

        assert [rows_read() for _ in range(10)][-1] == 3
        run = await Seeding.open(database, SOURCE)
        for first in range(10, 10 + 3 * ANALYZED_AT, ANALYZED_AT):
            gids = (str(uuid.UUID(int=number)) for number in range(first, first + ANALYZED_AT))
            await run.add([batch(*gids)], {})
        assert rows_read() == 0


async def test_a_batch_costs_the_same_however_many_are_there(
    database: Database, psql: psycopg.Connection[Any]
) -> None:
    """Until the table is analyzed for the first time, a join would read all of it for each."""
    run = await Seeding.open(database, SOURCE)
    gids = [str(uuid.UUID(int=number)) for number in range(1, 6001)]
    for first in range(0, len(gids), 100):
        await run.add([batch(*gids[first : first + 100])], {})
    await run.add([batch(*gids[:100], priority=200)], {})
    await database.execute("SELECT pg_stat_force_next_flush()")
    reads = psql.execute(
        "SELECT sum(idx_tup_read) AS total FROM pg_stat_user_indexes WHERE relname = 'audit_entity'"
    ).fetchone()
    assert reads is not None
    assert reads["total"] < 3 * len(gids)
