"""What the tests of batches and their positions share."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg

from audit.seeding.checkpoint import Batch

SOURCE = "a source"
A, B, C = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


def batch(*gids: str, priority: int = 100, entity_type: str = "release") -> Batch:
    return Batch(entity_type, gids, [priority], [f"{SOURCE} {priority}"])


def entity(rows: psycopg.Connection[Any], gid: str = A) -> dict[str, Any]:
    row = rows.execute(
        "SELECT * FROM artwork_indexer.audit_entity WHERE gid = %s", [gid]
    ).fetchone()
    assert row is not None
    return dict(row)
