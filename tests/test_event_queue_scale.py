"""A claim costs the same with a million events that are not ready."""

from __future__ import annotations

import statistics
import time

import psycopg
import pytest

from artwork_indexer.database import query
from artwork_indexer.event_queue import EventQueue
from tests.queue_fixtures import Rows

pytest_plugins = ["tests.queue_plugin"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CLAIM: dict[str, object] = {
    "owner": "me",
    "slots": 4,
    "lease": "60 s",
    "max_attempts": 5,
    "index_delay": "0",
    "has_web_service": True,
}


def insert_many(rows: Rows, amount: int, columns: str, values: str) -> None:
    """Insert past the triggers, which fill in one row at a time."""
    rows.run(
        "INSERT INTO artwork_indexer.event_queue (entity_type, action, message, created,"
        f" {columns}) SELECT 'release', 'index', jsonb_build_object('gid', gen_random_uuid()),"
        f" '2024-01-01', {values} FROM generate_series(1, {amount})"
    )


@pytest.fixture
def million(rows: Rows) -> Rows:
    rows.run("ALTER TABLE artwork_indexer.event_queue DISABLE TRIGGER USER")
    insert_many(rows, 500_000, "run_after, waits_for, attempts", "'2100-01-01', 'time', 1")
    insert_many(rows, 500_000, "depends_on, waits_for", "ARRAY[1], 'parent'")
    rows.run("ALTER TABLE artwork_indexer.event_queue ENABLE TRIGGER USER")
    insert_many(rows, 400, "priority", "100")
    rows.run("VACUUM ANALYZE artwork_indexer.event_queue")
    return rows


def index_entries_read(connection: psycopg.Connection) -> int:
    """Entries of the queue's indexes that this transaction has read."""
    row = connection.execute(
        "SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))::int FROM pg_index"
        " WHERE indrelid = 'artwork_indexer.event_queue'::regclass"
    ).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_million_events_that_wait_do_not_slow_the_claim(
    million: Rows, queue: EventQueue
) -> None:
    with psycopg.connect(million.conninfo) as connection:
        taken = connection.execute(query("claim_events"), CLAIM).fetchall()
        assert len(taken) == 4
        assert index_entries_read(connection) < 1_000
        connection.rollback()
    times = []
    for _ in range(30):
        begun = time.perf_counter()
        events = await queue.claim(4)
        times.append(time.perf_counter() - begun)
        assert len(events) == 4
        for event in events:
            await queue.complete(event, None)
    median = statistics.median(times) * 1000
    # The aim is 2 ms; a busy machine is no reason to fail.
    assert median < 20


async def test_the_upkeep_stays_cheap_too(million: Rows, queue: EventQueue) -> None:
    del million
    begun = time.perf_counter()
    await queue.next_due()
    await queue.rescue()
    await queue.prune()
    await queue.sweep()
    assert time.perf_counter() - begun < 1
