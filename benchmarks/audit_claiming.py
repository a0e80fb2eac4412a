"""Claims and verdicts of the audit among five million entities, against ten thousand."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg

from artwork_indexer.config import load, packaged_default
from artwork_indexer.database import Database
from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.schema import musicbrainz_schema
from audit.queue import Audited, AuditQueue
from audit.states import Evidence
from audit.verdict import Status, Verdict

FEW, MANY = 10_000, 5_000_000
CLAIMS, WARMING, BATCH = 120, 20, 8
ROUNDS = 3
CLEAN = Verdict(
    Status.CLEAN, "clean", "", Evidence(), findings=(), next_audit_in=timedelta(days=90)
)
FILL = """
INSERT INTO artwork_indexer.audit_entity
       (entity_type, gid, status, priority, last_audit_at, next_audit_at)
SELECT 'release', gen_random_uuid(),
       CASE mod(n, 3) WHEN 0 THEN 'clean' ELSE 'unchecked' END::artwork_indexer.audit_entity_status,
       100 + mod(n, 7),
       CASE WHEN mod(n, 2) = 0 OR mod(n, 3) = 0 THEN now() - n * interval '1 s' END,
       CASE mod(n, 3) WHEN 0 THEN now() + interval '1 day' + n * interval '1 s' END
  FROM generate_series(1, %s) AS n
"""


def filled(server: Server, entities: int) -> str:
    """A database with two thirds of the entities to be claimed; returns its address."""
    conninfo = server.create_database(f"bench_audit_claiming_{entities}")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(musicbrainz_schema().encode())
    migrate_database(conninfo)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(FILL, [entities])
        connection.execute("VACUUM ANALYZE artwork_indexer.audit_entity")
    return conninfo


async def cost(conninfo: str) -> tuple[float, float]:
    """Median milliseconds of a claim of eight, and of one verdict."""
    claiming, finishing = [], []
    config = replace(
        load(packaged_default(), {}).audit, entities_per_hour=None, entities_per_day=None
    )
    async with Database(conninfo, size=2, prepared=True, name="bench") as database:
        queue = AuditQueue(database, "bench", config, repairs=False)
        for _ in range(CLAIMS):
            begun = time.perf_counter()
            claims = await queue.claim(BATCH)
            claimed = time.perf_counter()
            await queue.finish([Audited(claim, CLEAN) for claim in claims])
            claiming.append((claimed - begun) * 1000)
            finishing.append((time.perf_counter() - claimed) * 1000 / len(claims))
    return statistics.median(claiming[WARMING:]), statistics.median(finishing[WARMING:])


def run(server: Server, directory: Path) -> Iterator[str]:  # noqa: ARG001  (all have the same shape)
    """Set up, measure in turns, report."""
    few, many = filled(server, FEW), filled(server, MANY)
    rounds = [(asyncio.run(cost(few)), asyncio.run(cost(many))) for _ in range(ROUNDS)]
    ratios = sorted(large[0] / small[0] for small, large in rounds)
    claim = statistics.median(large[0] for _, large in rounds)
    verdict = statistics.median(large[1] for _, large in rounds)
    yield (
        f"claim of {BATCH} audits among {MANY:,} entities: {claim:.2f} ms, "
        f"{statistics.median(ratios):.2f} times that among {FEW:,} (<= 1.2; "
        f"{ratios[0]:.2f}-{ratios[-1]:.2f} in {ROUNDS} rounds); a verdict {verdict:.2f} ms (<= 0.3)"
    )
