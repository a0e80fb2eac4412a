"""A claim, a promotion and a verdict cost the same with two million entities as with few."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import psycopg
import pytest

from artwork_indexer.database import query
from artwork_indexer.sandbox.postgres import Server
from audit.queue import Audited, AuditQueue
from tests.audit.queue_fixtures import Entities, clean, open_audits

pytest_plugins = ["tests.audit.queue_plugin"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FEW, MANY = 10_000, 2_000_000
CLAIM: dict[str, object] = {
    "owner": "me",
    "slots": 8,
    "lease": "300 s",
    "repairs": True,
    "entities_per_hour": None,
    "entities_per_day": None,
}


def fill(entities: Entities, amount: int) -> None:
    """Two thirds never audited, some audited, the rest waiting for a time to come."""
    entities.run(
        "INSERT INTO artwork_indexer.audit_entity"
        "       (entity_type, gid, status, priority, last_audit_at, next_audit_at)"
        " SELECT CASE mod(n, 50) WHEN 0 THEN 'event' ELSE 'release' END"
        "        ::artwork_indexer.indexable_entity_type, gen_random_uuid(),"
        "        CASE mod(n, 3) WHEN 0 THEN 'clean' ELSE 'unchecked' END"
        "        ::artwork_indexer.audit_entity_status, 100 + mod(n, 7),"
        "        CASE WHEN mod(n, 2) = 0 OR mod(n, 3) = 0 THEN now() - n * interval '1 s' END,"
        "        CASE mod(n, 3) WHEN 0 THEN now() + interval '1 day' + n * interval '1 s' END"
        "   FROM generate_series(1, %(amount)s) AS n",
        amount=amount,
    )
    entities.run("VACUUM ANALYZE artwork_indexer.audit_entity")


@pytest.fixture(scope="module")
def crowds(postgres: Server, migrated_template: str) -> Iterator[tuple[Entities, Entities]]:
    """The same with few and with many entities."""
    names = ("audit_scale_few", "audit_scale_many")
    few, many = (
        Entities(postgres.create_database(name, template=migrated_template)) for name in names
    )
    fill(few, FEW)
    fill(many, MANY)
    yield few, many
    few.close()
    many.close()
    for name in names:
        postgres.drop_database(name)


def entries_read(connection: psycopg.Connection[object]) -> int:
    """Rows and index entries of the table that this transaction has read."""
    row = connection.execute(
        "SELECT pg_stat_get_xact_tuples_returned('artwork_indexer.audit_entity'::regclass)"
        "     + sum(pg_stat_get_xact_tuples_returned(indexrelid))"
        "  FROM pg_index WHERE indrelid = 'artwork_indexer.audit_entity'::regclass"
    ).fetchone()
    assert isinstance(row, tuple)
    return int(row[0])


def test_the_claim_walks_its_index_and_sorts_nothing(crowds: tuple[Entities, Entities]) -> None:
    plan = crowds[1].run(
        "EXPLAIN SELECT id FROM artwork_indexer.audit_entity WHERE status = 'unchecked'"
        " ORDER BY priority DESC, last_audit_at NULLS FIRST, id LIMIT 8 FOR UPDATE SKIP LOCKED"
    )
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "audit_entity_idx_unchecked_priority_last_audit_id" in text
    assert "Sort" not in text


@pytest.mark.parametrize("analyzed", [True, False])
def test_a_claim_reads_what_it_takes(crowds: tuple[Entities, Entities], *, analyzed: bool) -> None:
    with psycopg.connect(crowds[1].conninfo) as connection:
        if not analyzed:
            # As right after a first seeding.
            connection.execute(
                "DELETE FROM pg_statistic WHERE starelid = 'artwork_indexer.audit_entity'::regclass"
            )
            connection.execute(
                "UPDATE pg_class SET reltuples = -1, relpages = 0"
                " WHERE oid = 'artwork_indexer.audit_entity'::regclass"
            )
        for _ in range(8):  # long enough for a generic plan
            before = entries_read(connection)
            assert len(connection.execute(query("audit_claim"), CLAIM).fetchall()) == 8
            assert entries_read(connection) - before < 200
        connection.rollback()


async def cost(entities: Entities) -> float:
    """Seconds for a claim of eight and their verdicts: the median of many."""
    times = []
    async with open_audits(entities.conninfo) as queue:
        for _ in range(120):
            begun = time.perf_counter()
            claims = await queue.claim(8)
            times.append(time.perf_counter() - begun)
            await queue.finish([Audited(claim, clean()) for claim in claims])
    return statistics.median(times[20:])


async def test_the_claim_costs_the_same(crowds: tuple[Entities, Entities]) -> None:
    ratios = []
    for _ in range(3):
        few, many = await cost(crowds[0]), await cost(crowds[1])
        ratios.append(many / few)
    # The aim is 1.2; a busy machine is no reason to fail.
    assert min(ratios) < 1.5


async def test_rows_that_come_due_are_found_at_once(crowds: tuple[Entities, Entities]) -> None:
    many = crowds[1]
    many.run(
        "UPDATE artwork_indexer.audit_entity SET next_audit_at = '2020-01-01'"
        " WHERE id IN (SELECT id FROM artwork_indexer.audit_entity WHERE status = 'clean'"
        "               AND priority = 106 LIMIT 50)"
    )
    with psycopg.connect(many.conninfo) as connection:
        connection.execute(query("audit_claim"), CLAIM)
        assert entries_read(connection) < 1_000
        connection.rollback()


async def test_the_rest_is_cheap_too(crowds: tuple[Entities, Entities]) -> None:
    async with open_audits(crowds[1].conninfo) as queue:
        begun = time.perf_counter()
        await queue.next_due()
        await queue.prune()
        await queue.release(await queue.claim(8))
        crowds[1].complete(crowds[1].index("00000001-0000-4000-8000-000000000000"))
        assert time.perf_counter() - begun < 0.5


async def test_a_healthy_audit_costs_the_database_little(
    audits: AuditQueue, entities: Entities
) -> None:
    fill(entities, 5_000)
    begun, done = time.perf_counter(), 0
    while claims := await audits.claim(16):
        done += len(await audits.finish([Audited(claim, clean()) for claim in claims]))
    seconds = (time.perf_counter() - begun) / done
    # The aim is 0.3 ms; a busy machine is no reason to fail.
    assert seconds < 0.0015
