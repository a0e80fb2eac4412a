"""The queue beside large or slow transactions of others."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from artwork_indexer.errors import TransientError
from artwork_indexer.event_queue import EventQueue
from tests.queue_fixtures import GIDS, Rows

pytest_plugins = ["tests.queue_plugin"]


async def test_a_claim_looks_behind_a_large_edit(
    queue: EventQueue, rows: Rows, database_url: str
) -> None:
    rows.run(
        "INSERT INTO artwork_indexer.event_queue (entity_type, action, message)"
        " SELECT 'release', 'index', jsonb_build_object('gid', gen_random_uuid())"
        " FROM generate_series(1, 500)"
    )
    behind = rows.index(GIDS[0])
    async with await psycopg.AsyncConnection.connect(database_url) as editor:
        await editor.execute(
            "SELECT FROM artwork_indexer.event_queue WHERE id <> %s FOR UPDATE", (behind,)
        )
        assert [event.id for event in await queue.claim(4)] == [behind]
    assert len(await queue.claim(4)) == 4


async def test_a_retry_does_not_wait_long_for_an_editor(
    queue: EventQueue, rows: Rows, database_url: str
) -> None:
    rows.index(GIDS[0])
    (event,) = await queue.claim(1)
    async with await psycopg.AsyncConnection.connect(database_url) as editor:
        await editor.execute(
            "INSERT INTO artwork_indexer.event_queue (entity_type, action, message)"
            " SELECT entity_type, action, message FROM artwork_indexer.event_queue"
        )
        async with asyncio.timeout(10):
            with pytest.raises(psycopg.errors.LockNotAvailable):
                await queue.retry(event, TransientError("HTTP 500"), 60)
        await editor.rollback()
    assert await queue.retry(event, TransientError("HTTP 500"), 60)


async def test_claims_whose_answer_was_lost_are_given_back(queue: EventQueue, rows: Rows) -> None:
    stray, held, foreign = rows.index(GIDS[0]), rows.index(GIDS[1]), rows.index(GIDS[2])
    assert len(await queue.claim(3)) == 3
    rows.set(foreign, claimed_by="somebody else")

    assert await queue.disown([held]) == 1

    assert [rows.state(event) for event in (stray, held, foreign)] == [
        "queued",
        "running",
        "running",
    ]
    assert rows.get(stray)["attempts"] == 0
    assert [event.id for event in await queue.claim(3)] == [stray]
