"""Seeding looks each entity up in the index, also while the table has no statistics."""

from __future__ import annotations

import time
import uuid

import psycopg
import pytest

BATCH = 2_000
SEED = """
SELECT done.inserted
  FROM artwork_indexer.seed_entities(
       'release', %s::uuid[], '{100}', '{test}', is_dry => %s) AS done
"""
RAISE = """
SELECT done.raised
  FROM artwork_indexer.seed_entities('release', %s::uuid[], %s::smallint[], '{test}') AS done
"""
LOOKUPS = "SELECT pg_stat_get_xact_numscans('artwork_indexer.audit_entity_uniq'::regclass)"


def gids(first: int) -> list[str]:
    return [str(uuid.UUID(int=number)) for number in range(first, first + BATCH)]


@pytest.mark.parametrize("is_dry", [True, False])
def test_a_batch_is_looked_up_entity_by_entity(database_url: str, *, is_dry: bool) -> None:
    """Else each would be compared with all that are there."""
    with psycopg.connect(database_url) as connection:
        connection.execute(SEED, (gids(0), False))
    with psycopg.connect(database_url) as connection:
        assert connection.execute(SEED, (gids(BATCH), is_dry)).fetchone() == (BATCH,)
        assert connection.execute(LOOKUPS).fetchone() == (BATCH,)


def test_many_batches_in_one_session_move_entities_forward_at_one_pace(database_url: str) -> None:
    """After five calls PostgreSQL may plan without looking at how long the lists are."""
    seconds = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(SEED, (gids(0), False))
        for priority in range(101, 111):
            begun = time.perf_counter()
            raised = connection.execute(RAISE, (gids(0), [priority])).fetchone()
            seconds.append(time.perf_counter() - begun)
            assert raised == (BATCH,)
    assert min(seconds[-3:]) < 5 * min(seconds[:3])
