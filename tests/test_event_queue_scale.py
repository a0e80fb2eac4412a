"""A claim costs the same with a million events that are not ready."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest

from artwork_indexer.database import query
from artwork_indexer.sandbox.postgres import Server
from tests.queue_fixtures import Rows, entries_read

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


@pytest.fixture(scope="module")
def million(postgres: Server, migrated_template: str) -> Iterator[Rows]:
    name = f"queue_scale_{os.getpid()}"
    rows = Rows(postgres.create_database(name, template=migrated_template))
    rows.run("ALTER TABLE artwork_indexer.event_queue DISABLE TRIGGER USER")
    insert_many(rows, 500_000, "run_after, waits_for, attempts", "'2100-01-01', 'time', 1")
    insert_many(rows, 500_000, "depends_on, waits_for", "ARRAY[1], 'parent'")
    rows.run("ALTER TABLE artwork_indexer.event_queue ENABLE TRIGGER USER")
    insert_many(rows, 400, "priority", "100")
    rows.run("VACUUM ANALYZE artwork_indexer.event_queue")
    yield rows
    rows.close()
    postgres.drop_database(name)


def test_a_million_events_that_wait_do_not_slow_the_claim(million: Rows) -> None:
    with psycopg.connect(million.conninfo) as connection:
        for _ in range(8):  # long enough for a generic plan
            before = entries_read(connection, "event_queue")
            assert len(connection.execute(query("claim_events"), CLAIM).fetchall()) == 4
            assert entries_read(connection, "event_queue") - before < 1_000
        connection.rollback()


def test_the_upkeep_stays_cheap_too(million: Rows) -> None:
    upkeep: dict[LiteralString, dict[str, object]] = {
        "next_due": {"index_delay": "0", "since": "0"},
        "rescue_events": {"most_crashes": 3},
        "prune_events": {"retention": "90 days", "most": 500},
        "sweep_waiting_events": {"position": 0, "most": 500},
    }
    with psycopg.connect(million.conninfo) as connection:
        for name, parameters in upkeep.items():
            before = entries_read(connection, "event_queue")
            connection.execute(query(name), parameters)
            assert entries_read(connection, "event_queue") - before < 2_000, name
        connection.rollback()
