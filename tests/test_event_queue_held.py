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
        async with asyncio.timeout(30):
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


async def test_an_open_edit_does_not_keep_other_events_from_rescue(
    queue: EventQueue, rows: Rows, database_url: str
) -> None:
    blocked, free = rows.index(GIDS[0]), rows.index(GIDS[1])
    assert len(await queue.claim(2)) == 2
    rows.run("UPDATE artwork_indexer.event_queue SET lease_expires = now() - interval '1 s'")
    async with await psycopg.AsyncConnection.connect(database_url) as editor:
        await editor.execute(
            "INSERT INTO artwork_indexer.event_queue (entity_type, action, message)"
            " SELECT entity_type, action, message FROM artwork_indexer.event_queue WHERE id = %s",
            (blocked,),
        )
        assert await queue.rescue() == [(free, "queued")]
        await editor.rollback()
    assert await queue.rescue() == [(blocked, "queued")]


async def test_weakness_C_a_parent_that_failed_before_takes_its_child_along(
    queue: EventQueue, rows: Rows
) -> None:
    parent = rows.copy(1, GIDS[0], GIDS[1])
    rows.set(parent, state="failed")
    child = rows.delete(1, GIDS[0], depends_on=[parent])
    grandchild = rows.index(GIDS[2], depends_on=[child])
    assert await queue.claim(5) == []
    assert await queue.fail_orphans() == 0
    for event in (parent, child):
        rows.run(
            "UPDATE artwork_indexer.event_queue SET last_updated = now() - interval '2 minutes'"
            " WHERE id = %(id)s",
            id=event,
        )
    assert await queue.fail_orphans() == 2
    assert [rows.state(event) for event in (child, grandchild)] == ["failed", "failed"]
    (reason,) = rows.run(
        "SELECT failure_reason FROM artwork_indexer.event_failure_reason WHERE event = %(id)s",
        id=child,
    )
    assert f"depended on ({parent})" in reason["failure_reason"]


async def test_weakness_A_times_that_no_calendar_knows(queue: EventQueue, rows: Rows) -> None:
    odd = rows.add("noop", {"n": 1}, created="infinity")
    ancient = rows.add("noop", {"n": 2}, created="0044-03-15 BC")
    rows.add("noop", {"n": 3}, run_after="infinity")
    assert {event.id for event in await queue.claim(5)} == {odd, ancient}
    await queue.next_due()
