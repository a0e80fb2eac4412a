"""Seeding looks each entity up in the index, also while the table has no statistics."""

from __future__ import annotations

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
LOOKUPS_BY_ID = "SELECT pg_stat_get_xact_numscans('artwork_indexer.audit_entity_pkey'::regclass)"


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


def test_without_knowing_how_long_a_list_is_each_entity_is_looked_up(database_url: str) -> None:
    """So PostgreSQL plans after some calls in a session; it must not compare list with list."""
    with psycopg.connect(database_url) as connection:
        connection.execute(SEED, (gids(0), False))
    with psycopg.connect(database_url) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")
        assert connection.execute(RAISE, (gids(0), [200])).fetchone() == (BATCH,)
        assert connection.execute(LOOKUPS).fetchone() == (BATCH,)
        # Once to hold it, and once to change it.
        assert connection.execute(LOOKUPS_BY_ID).fetchone() == (2 * BATCH,)
