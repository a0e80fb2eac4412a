"""Claims, verdicts and upkeep read no more among two million entities than among few."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest
from psycopg.types.json import Jsonb

from artwork_indexer.database import query
from artwork_indexer.sandbox.postgres import Server
from audit.guardrails import Limits
from tests.audit.queue_fixtures import UNLIMITED, Entities
from tests.queue_fixtures import entries_read

pytest_plugins = ["tests.audit.queue_plugin"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ENTITIES = 2_000_000
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
def crowd(postgres: Server, migrated_template: str) -> Iterator[Entities]:
    name = f"audit_scale_{os.getpid()}"
    crowd = Entities(postgres.create_database(name, template=migrated_template))
    fill(crowd, ENTITIES)
    yield crowd
    crowd.close()
    postgres.drop_database(name)


def test_the_claim_walks_its_index_and_sorts_nothing(crowd: Entities) -> None:
    plan = crowd.run(
        "EXPLAIN SELECT id FROM artwork_indexer.audit_entity WHERE status = 'unchecked'"
        " ORDER BY priority DESC, last_audit_at NULLS FIRST, id LIMIT 8 FOR UPDATE SKIP LOCKED"
    )
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "audit_entity_idx_unchecked_priority_last_audit_id" in text
    assert "Sort" not in text


@pytest.mark.parametrize("analyzed", [True, False])
def test_a_claim_reads_what_it_takes(crowd: Entities, *, analyzed: bool) -> None:
    with psycopg.connect(crowd.conninfo) as connection:
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
            before = entries_read(connection, "audit_entity")
            assert len(connection.execute(query("audit_claim"), CLAIM).fetchall()) == 8
            assert entries_read(connection, "audit_entity") - before < 200
        connection.rollback()


def test_rows_that_come_due_are_found_at_once(crowd: Entities) -> None:
    crowd.run(
        "UPDATE artwork_indexer.audit_entity SET next_audit_at = '2020-01-01'"
        " WHERE id IN (SELECT id FROM artwork_indexer.audit_entity WHERE status = 'clean'"
        "               AND priority = 106 LIMIT 50)"
    )
    with psycopg.connect(crowd.conninfo) as connection:
        connection.execute(query("audit_claim"), CLAIM)
        assert entries_read(connection, "audit_entity") < 1_000
        connection.rollback()


def test_the_rest_is_cheap_too(crowd: Entities) -> None:
    steps: dict[LiteralString, dict[str, object]] = {
        "audit_next_due": {},
        "audit_prune": {"retention": "180 days", "most": 500},
    }
    with psycopg.connect(crowd.conninfo) as connection:
        claims = connection.execute(query("audit_claim"), CLAIM).fetchall()
        entities = [claim[0] for claim in claims]
        verdicts = [
            {"id": entity, "attempts": 1, "status": "clean", "reason": "clean", "rounds": 0}
            | {"seconds": 86_400, "findings": []}
            for entity in entities[:4]
        ]
        limits = Limits.of(UNLIMITED).to_json()
        steps["audit_finish"] = {"owner": "me", "audits": Jsonb(verdicts), "limits": Jsonb(limits)}
        steps["audit_release"] = {"owner": "me", "entities": entities[4:], "claims": [1] * 4}
        for name, parameters in steps.items():
            before = entries_read(connection, "audit_entity")
            rows = connection.execute(query(name), parameters).fetchall()
            assert entries_read(connection, "audit_entity") - before < 200, name
            assert len(rows) == (4 if name == "audit_finish" else 1)
        connection.rollback()


def test_the_end_of_an_event_finds_its_entity_at_once(crowd: Entities) -> None:
    with psycopg.connect(crowd.conninfo) as connection:
        before = entries_read(connection, "audit_entity")
        connection.execute(
            "INSERT INTO artwork_indexer.event_queue (entity_type, action, message)"
            " SELECT 'release', 'index', jsonb_build_object('gid', gid)"
            "   FROM artwork_indexer.audit_entity WHERE id = 7"
        )
        connection.execute("UPDATE artwork_indexer.event_queue SET state = 'completed'")
        assert entries_read(connection, "audit_entity") - before < 200
        connection.rollback()
