"""The claim in front of a million events that are not ready."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from artwork_indexer.database import Database
from artwork_indexer.event_queue import EventQueue, QueueSettings
from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.schema import musicbrainz_schema

ROWS = 1_000_000
CLAIMS = 100
FILL = f"""
ALTER TABLE artwork_indexer.event_queue DISABLE TRIGGER USER;
INSERT INTO artwork_indexer.event_queue (id, entity_type, action, message, run_after, waits_for)
VALUES (0, 'release', 'noop', '{{}}', now() + interval '1 day', 'time');
INSERT INTO artwork_indexer.event_queue
    (entity_type, action, message, attempts, run_after, waits_for, depends_on)
SELECT 'release', 'index', jsonb_build_object('gid', gen_random_uuid()), number % 2,
       now() + number % 2 * interval '1 hour',
       (ARRAY['parent', 'time'])[1 + number % 2]::artwork_indexer.event_wait,
       CASE number % 2 WHEN 0 THEN ARRAY[0] END
  FROM generate_series(1, {ROWS}) AS number;
ALTER TABLE artwork_indexer.event_queue ENABLE TRIGGER USER;
"""
ONE = b"""
INSERT INTO artwork_indexer.event_queue (entity_type, action, message)
VALUES ('release', 'index', jsonb_build_object('gid', gen_random_uuid()))
"""


async def claims(conninfo: str, number: int) -> list[float]:
    """Insert one event and claim it, again and again; milliseconds of each claim."""
    times = []
    async with (
        Database(conninfo, size=2, prepared=True, name="bench") as database,
        await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection,
    ):
        queue = EventQueue(database, "bench", QueueSettings(index_delay_seconds=0))
        for _ in range(number):
            await connection.execute(ONE)
            begun = time.perf_counter()
            (event,) = await queue.claim(4)
            times.append((time.perf_counter() - begun) * 1000)
            await queue.complete(event, None)
    return times


def run(server: Server, directory: Path) -> Iterator[str]:  # noqa: ARG001  (all have the same shape)
    """Set up, measure, report."""
    conninfo = server.create_database("bench_claiming")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(musicbrainz_schema().encode())
    migrate_database(conninfo)
    empty = statistics.median(asyncio.run(claims(conninfo, CLAIMS)))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(FILL.encode())
        connection.execute("VACUUM ANALYZE artwork_indexer.event_queue")
    full = sorted(asyncio.run(claims(conninfo, CLAIMS)))
    yield (
        f"claim before {ROWS:,} events that are not ready: median {statistics.median(full):.2f} ms "
        f"(<= 2), worst {full[-1]:.2f} ms; without them {empty:.2f} ms"
    )
