"""What becomes of claimed events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest
from psycopg.types.json import Jsonb

from artwork_indexer.errors import (
    LeaseLost,
    NotYet,
    Overloaded,
    PermanentError,
    TransientError,
)
from artwork_indexer.event_queue import Event, EventQueue
from tests.queue_fixtures import GIDS, Rows, until

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


# Success, retry, failure, snooze, release.


async def test_a_completed_event_is_nobodys(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    event = await claim_one(queue)
    await queue.complete(event, "nothing to write")
    row = rows.get(event.id)
    assert (row["state"], row["remark"]) == ("completed", "nothing to write")
    assert row["completed_at"] is not None
    assert (row["claimed_by"], row["lease_expires"]) == (None, None)


async def test_a_retry_keeps_the_reason_and_waits(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    event = await claim_one(queue)
    assert await queue.retry(event, HICCUP, 1000) is True
    row = rows.get(event.id)
    assert (row["state"], row["attempts"], row["waits_for"]) == ("queued", 1, "time")
    assert 900 < row["runs_in"].total_seconds() <= 1000
    (reason,) = rows.run("SELECT * FROM artwork_indexer.event_failure_reason")
    assert (reason["failure_reason"], reason["attempt"]) == ("HTTP 500", 1)
    assert (reason["error_class"], reason["http_status"]) == ("TransientError", 500)
    assert await claimed(queue) == []


async def test_a_retry_is_due_exactly_when_next_due_says(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    event = await claim_one(queue)
    await queue.retry(event, HICCUP, 1000)
    before = rows.get(event.id)["runs_in"].total_seconds()
    due = await queue.next_due()
    assert due.waiting is not None
    assert before >= due.waiting >= rows.get(event.id)["runs_in"].total_seconds()
    assert await claimed(queue) == []
    rows.run("UPDATE artwork_indexer.event_queue SET run_after = now() + interval '0.3 s'")
    due = await queue.next_due()
    await asyncio.sleep(max(0.0, due.waiting or 0.0) + 0.01)
    assert await claimed(queue) == [event.id]


async def test_weakness_R_a_fresh_edit_is_not_swallowed_by_a_retry(
    queue: EventQueue, rows: Rows
) -> None:
    rows.index(A)
    event = await claim_one(queue)
    await queue.retry(event, HICCUP, 4000)
    before = rows.get(event.id)["run_after"]
    rows.set(event.id, depends_on=[])
    assert rows.get(event.id)["run_after"] == before
    rows.set(event.id, run_after="now")
    assert await claimed(queue) == [event.id]


async def test_weakness_C_failure_takes_all_descendants_along(
    queue: EventQueue, rows: Rows
) -> None:
    parent = rows.copy(1, A, B)
    delete = rows.delete(1, A, depends_on=[parent])
    index = rows.index(B, depends_on=[delete])
    bystander = rows.index(C)
    event = await claim_one(queue)
    await queue.fail(event, FAILED)
    assert rows.states() == {
        parent: "failed",
        delete: "failed",
        index: "failed",
        bystander: "queued",
    }
    assert [rows.get(event)["attempts"] for event in (parent, delete, index)] == [1, 0, 0]
    for child in (delete, index):
        assert f"depended on ({parent})" in rows.reasons(child)[0]


async def test_a_running_descendant_is_left_to_its_worker(queue: EventQueue, rows: Rows) -> None:
    parent = rows.copy(1, A, B)
    child = rows.index(C)
    first, second = await queue.claim(2)
    rows.set(child, depends_on=[parent])
    await queue.fail(first, FAILED)
    await queue.complete(second, None)
    assert rows.state(child) == "completed"


async def test_a_cycle_of_dependencies_fails_without_hanging(queue: EventQueue, rows: Rows) -> None:
    first = rows.copy(1, A, B)
    second = rows.delete(1, A, depends_on=[first])
    event = await claim_one(queue)
    rows.set(first, depends_on=[second])
    async with asyncio.timeout(30):
        await queue.fail(event, FAILED)
    assert rows.count("failed") == 2


async def test_a_snooze_uses_no_attempt_and_remembers_when_it_began(
    queue: EventQueue, rows: Rows
) -> None:
    rows.delete(1, A)
    event = await claim_one(queue)
    error = NotYet("the copy is not there yet", seconds=0)
    await queue.snooze(event, error, 0)
    row = rows.get(event.id)
    assert (row["attempts"], row["remark"]) == (0, "the copy is not there yet")
    began = row["snoozed_since"]
    again = await claim_one(queue)
    assert again.snoozed_since == began
    await queue.snooze(again, error, 0)
    assert rows.get(event.id)["snoozed_since"] == began


async def test_an_outage_does_not_use_up_the_patience_for_a_copy(
    queue: EventQueue, rows: Rows
) -> None:
    rows.delete(1, A)
    event = await claim_one(queue)
    await queue.snooze(event, Overloaded("SlowDown", service="archive", seconds=0), 0)
    assert rows.get(event.id)["snoozed_since"] is None
    event = await claim_one(queue)
    await queue.snooze(event, NotYet("not yet", seconds=0), 0)
    began = rows.get(event.id)["snoozed_since"]
    event = await claim_one(queue)
    await queue.snooze(event, Overloaded("SlowDown", service="archive", seconds=0), 0)
    assert rows.get(event.id)["snoozed_since"] == began


async def test_a_claim_given_back_was_never_made(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    event = await claim_one(queue)
    await queue.release(event)
    row = rows.get(event.id)
    assert (row["state"], row["attempts"], row["waits_for"]) == ("queued", 0, None)
    assert rows.reasons(event.id) == []
    assert await claimed(queue) == [event.id]


# An identical job arrived meanwhile.


async def test_weakness_F_a_queued_twin_takes_over(queue: EventQueue, rows: Rows) -> None:
    first = rows.index(A)
    child = rows.add("deindex", {"gid": B}, depends_on=[first])
    event = await claim_one(queue)
    twin = rows.index(A)
    assert await queue.retry(event, HICCUP, 60) is False
    assert rows.state(first) == "failed"
    assert rows.reasons(first)[0] == "HTTP 500"
    assert f"identical event {twin} is queued" in rows.reasons(first)[1]
    assert rows.get(child)["depends_on"] == [twin]
    assert await claimed(queue) == [twin]
    assert rows.state(child) == "queued"


async def test_weakness_E_the_same_message_in_the_other_archive_is_no_twin(
    queue: EventQueue, rows: Rows
) -> None:
    rows.index(A)
    event = await claim_one(queue)
    rows.index(A, entity_type="event")
    assert await queue.retry(event, HICCUP, 60) is True
    assert rows.state(event.id) == "queued"


async def test_a_twin_that_named_the_superseded_event_does_not_wait_for_it(
    queue: EventQueue, rows: Rows
) -> None:
    first = rows.index(A)
    event = await claim_one(queue)
    twin = rows.index(A, depends_on=[first])
    await queue.release(event)
    assert rows.state(first) == "failed"
    assert await claimed(queue) == [twin]


async def test_weakness_F_a_twin_that_is_committed_in_between_takes_over(
    queue: EventQueue, rows: Rows, database_url: str
) -> None:
    # Its own limit of two seconds may be over before a slow test has seen it wait.
    rows.run("ALTER FUNCTION artwork_indexer.requeue_event SET lock_timeout TO '1min'")
    first = rows.index(A)
    event = await claim_one(queue)
    async with await psycopg.AsyncConnection.connect(database_url) as editor:
        await editor.execute(
            "INSERT INTO artwork_indexer.event_queue (entity_type, action, message)"
            " VALUES ('release', 'index', %s)",
            (Jsonb({"gid": A}),),
        )
        retry = asyncio.create_task(queue.retry(event, HICCUP, 60))
        await until(lambda: waits_for_a_lock(rows))
        await editor.commit()
    assert await retry is False
    assert rows.state(first) == "failed"
    assert len(await claimed(queue)) == 1


def waits_for_a_lock(rows: Rows) -> bool:
    return bool(rows.run("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))


# Fencing.

LATE: dict[str, Callable[[EventQueue, Event], Awaitable[object]]] = {
    "complete": lambda queue, event: queue.complete(event, None),
    "fail": lambda queue, event: queue.fail(event, FAILED),
    "retry": lambda queue, event: queue.retry(event, HICCUP, 60),
    "snooze": lambda queue, event: queue.snooze(event, NotYet("x", seconds=1), 1),
    "release": lambda queue, event: queue.release(event),
}


@pytest.mark.parametrize("result", LATE)
async def test_weakness_D_a_late_result_is_refused(
    queue: EventQueue, other: EventQueue, rows: Rows, result: str
) -> None:
    rows.index(A)
    event = await claim_one(queue)
    expire(rows, event.id)
    assert await other.rescue() == [(event.id, "queued")]
    (taken,) = await other.claim(1)
    with pytest.raises(LeaseLost, match=f"event {event.id}"):
        await LATE[result](queue, event)
    assert await queue.renew([event]) == {event.id}
    row = rows.get(event.id)
    assert (row["state"], row["claimed_by"], row["attempts"]) == ("running", "other", 1)
    assert "HTTP" not in " ".join(rows.reasons(event.id))
    await other.complete(taken, None)


async def test_weakness_D_the_own_older_claim_is_refused_too(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    old = await claim_one(queue)
    expire(rows, old.id)
    await queue.rescue()
    new = await claim_one(queue)
    with pytest.raises(LeaseLost):
        await queue.complete(old, None)
    await queue.complete(new, None)


async def test_a_result_is_welcome_until_somebody_took_over(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    event = await claim_one(queue)
    expire(rows, event.id)
    await queue.complete(event, None)
    assert rows.state(event.id) == "completed"


async def test_renewing_tells_which_leases_are_lost(
    queue: EventQueue, other: EventQueue, rows: Rows
) -> None:
    for gid in (A, B):
        rows.index(gid)
    kept, lost = await queue.claim(2)
    expire(rows, lost.id)
    await other.rescue()
    assert await queue.renew([kept, lost]) == {lost.id}
