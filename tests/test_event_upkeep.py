"""The upkeep of the queue: stalled, old and forgotten events."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from artwork_indexer import event_queue
from artwork_indexer.errors import (
    EventError,
    PermanentError,
    TransientError,
)
from artwork_indexer.event_queue import Event, EventQueue, QueueSettings
from tests.queue_fixtures import GIDS, Rows

pytest_plugins = ["tests.queue_plugin"]

A, B, C, D = GIDS[:4]
FAILED = PermanentError("HTTP 400", status=400)
HICCUP = TransientError("HTTP 500", status=500)


async def claim_one(queue: EventQueue) -> Event:
    (event,) = await queue.claim(1)
    return event


async def claimed(queue: EventQueue) -> list[int]:
    return [event.id for event in await queue.claim(50)]


def expire(rows: Rows, event: int) -> None:
    rows.set(event, lease_expires="2024-01-01")


# Rescue.


async def test_weakness_B_a_live_lease_is_left_alone_however_old_the_event(
    queue: EventQueue, other: EventQueue, rows: Rows
) -> None:
    rows.index(A, created="2020-01-01")
    event = await claim_one(queue)
    assert await other.rescue() == []
    assert rows.state(event.id) == "running"


async def test_a_crash_is_counted_apart_from_attempts(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    event = await claim_one(queue)
    expire(rows, event.id)
    await queue.rescue()
    row = rows.get(event.id)
    assert (row["attempts"], row["crashes"], row["waits_for"]) == (0, 1, None)
    assert "me stopped renewing" in rows.reasons(event.id)[0]


async def test_an_event_that_kills_its_workers_is_failed_with_its_children(
    queue: EventQueue, rows: Rows
) -> None:
    parent = rows.copy(1, A, B)
    child = rows.delete(1, A, depends_on=[parent])
    for _ in range(event_queue.MOST_CRASHES):
        expire(rows, (await claim_one(queue)).id)
        await queue.rescue()
    assert rows.states() == {parent: "failed", child: "failed"}
    assert "died 5 times" in rows.reasons(parent)[-1]


async def test_upstream_scenario_timeout(queue: EventQueue, rows: Rows) -> None:
    event = rows.add("index", {"gid": "A"}, state="running", created="2024-01-01")
    child = rows.index(B, depends_on=[event])
    assert await queue.rescue() == [(event, "failed")]
    assert "been running for more than 2.5 minutes" in rows.reasons(event)[0]
    assert rows.state(child) == "failed"


async def test_weakness_D_a_row_the_old_daemon_just_began_is_left_to_it(
    queue: EventQueue, rows: Rows
) -> None:
    event = rows.index(A, created="2024-01-01")
    rows.set(event, state="running", attempts=1)
    assert await queue.rescue() == []
    assert await claimed(queue) == []
    due = await queue.next_due()
    assert due.stalled is not None
    assert 60 < due.stalled <= 150


async def test_next_due_tells_when_the_first_lease_ends(queue: EventQueue, rows: Rows) -> None:
    queue.settings = QueueSettings(lease_seconds=1000, index_delay_seconds=0)
    rows.index(A)
    await claim_one(queue)
    due = await queue.next_due()
    assert due.stalled is not None
    assert 900 < due.stalled <= 1000


async def test_two_rescuers_take_an_event_once(
    queue: EventQueue, other: EventQueue, rows: Rows
) -> None:
    rows.index(A)
    event = await claim_one(queue)
    expire(rows, event.id)
    answers = await asyncio.gather(queue.rescue(), other.rescue())
    assert sum(map(len, answers)) == 1
    assert rows.get(event.id)["crashes"] == 1


# Pruning and sweeping.


async def test_weakness_L_old_events_go_by_their_completion(queue: EventQueue, rows: Rows) -> None:
    long_ago = "2024-01-01"
    old = rows.index(A, state="completed", created=long_ago)
    requeued = rows.index(B, created=long_ago)
    await queue.complete(await claim_one(queue), None)
    failed = rows.index(C, state="failed", created=long_ago)
    waiting = rows.index(D, created=long_ago, attempts=9)
    assert await queue.prune() == 1
    assert set(rows.states()) == {requeued, failed, waiting}
    assert old not in rows.states()


async def test_moving_created_back_by_hand_moves_the_completion(
    queue: EventQueue, rows: Rows
) -> None:
    rows.index(A)
    event = await claim_one(queue)
    await queue.complete(event, None)
    assert await queue.prune() == 0
    rows.run("UPDATE artwork_indexer.event_queue SET created = created - interval '100 days'")
    assert await queue.prune() == 1


async def test_nothing_is_pruned_that_an_unfinished_event_names(
    queue: EventQueue, rows: Rows
) -> None:
    parent = rows.copy(1, A, B, state="completed", created="2024-01-01")
    child = rows.delete(1, A, state="failed", depends_on=[parent])
    assert await queue.prune() == 0
    rows.set(child, state="completed")
    assert await queue.prune() == 1


async def test_pruning_goes_in_batches(
    queue: EventQueue, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "PRUNE_BATCH", 2)
    for gid in GIDS[:5]:
        rows.index(gid, state="completed", created="2024-01-01")
    assert [await queue.prune() for _ in range(4)] == [2, 2, 1, 0]


async def test_the_sweep_walks_all_waiting_events_in_stretches(
    queue: EventQueue, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "PRUNE_BATCH", 2)
    parent = rows.copy(1, A, B)
    children = [rows.index(gid, depends_on=[parent]) for gid in GIDS[10:15]]
    rows.run("ALTER TABLE artwork_indexer.event_queue DISABLE TRIGGER a_upd_event_queue")
    await queue.complete(await claim_one(queue), None)
    assert await claimed(queue) == []
    assert [await queue.sweep() for _ in range(4)] == [2, 2, 1, 0]
    assert await claimed(queue) == children


async def test_a_thousand_children_are_released_at_once_and_the_rest_by_the_sweep(
    queue: EventQueue, rows: Rows
) -> None:
    parent = rows.copy(1, A, B)
    rows.run(
        "INSERT INTO artwork_indexer.event_queue (entity_type, action, message, depends_on)"
        " SELECT 'release', 'index', jsonb_build_object('gid', gen_random_uuid()), ARRAY[%(p)s]"
        "   FROM generate_series(1, 1200)",
        p=parent,
    )
    await queue.complete(await claim_one(queue), None)
    waiting = "SELECT id FROM artwork_indexer.event_queue WHERE waits_for = 'parent'"
    assert len(rows.run(waiting)) == 200
    assert await queue.sweep() == 200


async def test_a_long_back_off_is_no_trouble(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    event = await claim_one(queue)
    await queue.retry(event, EventError("x"), timedelta(days=1).total_seconds())
    assert rows.get(event.id)["runs_in"] > timedelta(hours=23)
