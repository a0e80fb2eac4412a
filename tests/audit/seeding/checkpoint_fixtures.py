"""What the tests of batches and their positions share."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest

from artwork_indexer.database import query
from audit.seeding import checkpoint
from audit.seeding.checkpoint import Batch

SOURCE = "a source"
WAITS = """
SELECT FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid = %s
"""
"""Whether one backend waits for another one."""


def wait_for_locks(patch: pytest.MonkeyPatch) -> None:
    """Let seeding wait as long as a test takes, also on a machine that stands still."""
    patch.setattr(checkpoint, "query", lambda name: query(name).replace("'5s'", "'50s'"))


A, B, C = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


def batch(*gids: str, priority: int = 100, entity_type: str = "release") -> Batch:
    return Batch(entity_type, gids, [priority], [f"{SOURCE} {priority}"])


def entity(rows: psycopg.Connection[Any], gid: str = A) -> dict[str, Any]:
    row = rows.execute(
        "SELECT * FROM artwork_indexer.audit_entity WHERE gid = %s", [gid]
    ).fetchone()
    assert row is not None
    return dict(row)
