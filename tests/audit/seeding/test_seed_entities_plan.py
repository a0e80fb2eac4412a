"""Seeding looks each entity up in the index, also while the table has no statistics."""

from __future__ import annotations

import uuid

import psycopg
import pytest

BATCH = 1_000
SEED = """
SELECT done.inserted
  FROM artwork_indexer.seed_entities('release', %s::uuid[], '{100}', '{test}', %s) AS done
"""
LOOKUPS = "SELECT pg_stat_get_xact_numscans('artwork_indexer.audit_entity_uniq'::regclass)"


def gids(first: int) -> list[str]:
    return [str(uuid.UUID(int=number)) for number in range(first, first + BATCH)]


@pytest.mark.parametrize(("is_dry", "lookups"), [(True, BATCH), (False, 2 * BATCH)])
def test_a_batch_is_looked_up_entity_by_entity(
    database_url: str, *, is_dry: bool, lookups: int
) -> None:
    """Else each would be compared with all that are there; an insert looks up once more."""
    with psycopg.connect(database_url) as connection:
        connection.execute(SEED, (gids(0), False))
    with psycopg.connect(database_url) as connection:
        assert connection.execute(SEED, (gids(BATCH), is_dry)).fetchone() == (BATCH,)
        assert connection.execute(LOOKUPS).fetchone() == (lookups,)
