"""Which events a claim takes, and in which order."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise

import psycopg
import pytest

from artwork_indexer.database import query
from artwork_indexer.errors import TransientError
from artwork_indexer.event_queue import Action, EventQueue, QueueSettings
from tests.queue_fixtures import AT_ONCE, GIDS, Rows, open_queue

pytest_plugins = ["tests.queue_plugin"]

A, B, C, D = GIDS[:4]


async def claimed(queue: EventQueue, slots: int = 50) -> list[int]:
    return [event.id for event in await queue.claim(slots)]


async def test_priority_goes_first_then_age_then_id(queue: EventQueue, rows: Rows) -> None:
    repair = rows.index(A, priority=10, created="2020-01-01")
    young = rows.index(B, created="2024-01-02")
    old = rows.index(C, created="2024-01-01")
    same = rows.index(D, created="2024-01-01")
    assert await claimed(queue) == [old, same, young, repair]


async def test_releases_and_events_share_one_order(queue: EventQueue, rows: Rows) -> None:
    young = rows.index(A, created="2024-01-02")
    old = rows.index(A, entity_type="event", created="2024-01-01")
    oldest = rows.add("deindex", {"gid": B}, created="2023-01-01")
    assert await claimed(queue) == [oldest, old, young]


async def test_no_more_than_the_free_slots(queue: EventQueue, rows: Rows) -> None:
    ids = [rows.index(gid) for gid in GIDS[:5]]
    assert await claimed(queue, 2) == ids[:2]
    assert await claimed(queue, 2) == ids[2:4]
    assert rows.count("running") == 4


async def test_a_claim_says_by_whom_and_for_how_long(queue: EventQueue, rows: Rows) -> None:
    rows.copy(1, A, B, origin="audit")
    (event,) = await queue.claim(1)
    row = rows.get(event.id)
    assert (event.action, event.attempts, event.claims) == (Action.COPY_IMAGE, 1, 1)
    assert (event.origin, event.gid) == ("audit", B)
    assert (row["claimed_by"], row["attempts"]) == ("me", 1)
    assert 58 < (row["lease_expires"] - row["claimed_at"]).total_seconds() <= 60


async def test_weakness_P_one_event_of_an_mbid_at_a_time(
    queue: EventQueue, other: EventQueue, rows: Rows
) -> None:
    first, second = rows.delete(1, A), rows.delete(2, A)
    (event,) = await queue.claim(10)
    assert event.id == first
    assert await claimed(other) == []
    await queue.complete(event, None)
    assert await claimed(other) == [second]


async def test_weakness_P_a_copy_occupies_both_its_mbids(queue: EventQueue, rows: Rows) -> None:
    copy = rows.copy(1, A, B)
    rows.index(A)
    rows.index(B)
    free = rows.index(C)
    assert await claimed(queue) == [copy, free]


async def test_weakness_O_chained_merges_keep_their_order(
    queue: EventQueue, other: EventQueue, rows: Rows
) -> None:
    first, second = rows.copy(1, A, B), rows.copy(1, B, C)
    (event,) = await queue.claim(10)
    assert event.id == first
    assert await claimed(other) == []
    await queue.complete(event, None)
    assert await claimed(other) == [second]


async def test_the_same_mbid_of_the_other_archive_is_another_item(
    queue: EventQueue, rows: Rows
) -> None:
    both = [rows.index(A), rows.index(A, entity_type="event")]
    assert await claimed(queue) == both


async def test_noops_exclude_nobody(queue: EventQueue, rows: Rows) -> None:
    ids = [rows.add("noop", {"n": n}) for n in range(3)]
    assert await claimed(queue) == ids


async def test_concurrent_claimers_share_the_work_and_never_an_mbid(
    database_url: str, rows: Rows
) -> None:
    rows.run(
        "INSERT INTO artwork_indexer.event_queue (entity_type, action, message)"
        " SELECT 'release', 'delete_image',"
        "        jsonb_build_object('gid', md5((n %% 25)::text)::uuid, 'artwork_id', n)"
        "   FROM generate_series(1, 200) AS n"
    )
    spans: dict[object, list[tuple[float, float]]] = {}
    taken: Counter[int] = Counter()
    clock = asyncio.get_running_loop().time

    async def work(owner: str) -> None:
        async with open_queue(database_url, owner) as queue:
            while taken.total() < 200:
                events = await queue.claim(3)
                begun = clock()
                await asyncio.sleep(0.001)
                for event in events:
                    taken[event.id] += 1
                    spans.setdefault(event.gid, []).append((begun, clock()))
                    await queue.complete(event, None)

    async with asyncio.timeout(30):
        await asyncio.gather(*(work(f"worker {n}") for n in range(4)))
    assert set(taken.values()) == {1}
    for times in spans.values():
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(times)))


async def test_an_index_waits_a_moment_for_more_edits(database_url: str, rows: Rows) -> None:
    settings = QueueSettings(index_delay_seconds=1000)
    fresh = rows.index(A)
    ripe = rows.index(B, created="2024-01-01")
    manual = rows.index(C, origin="operator")
    image = rows.delete(1, D)
    async with open_queue(database_url, settings=settings) as queue:
        assert set(await claimed(queue)) == {ripe, manual, image}
        due = await queue.next_due()
        assert due.collecting is not None
        assert 900 < due.collecting <= 1000
    assert rows.state(fresh) == "queued"


async def test_a_retried_index_does_not_wait_for_edits_again(database_url: str, rows: Rows) -> None:
    event = rows.index(A, attempts=1, run_after="yesterday")
    async with open_queue(database_url, settings=QueueSettings(index_delay_seconds=10)) as queue:
        assert await claimed(queue) == [event]


async def test_no_index_without_a_web_service(database_url: str, rows: Rows) -> None:
    rows.index(A)
    delete = rows.delete(1, B)
    settings = QueueSettings(index_delay_seconds=0, has_web_service=False)
    async with open_queue(database_url, settings=settings) as queue:
        assert await claimed(queue) == [delete]


@pytest.mark.parametrize(
    ("service", "left"),
    [
        ("archive", set()),
        ("musicbrainz", {"delete", "event delete"}),
        ("caa-keys", {"event index", "event delete"}),
        ("eaa-keys", {"index", "delete"}),
    ],
)
async def test_weakness_S_a_pause_holds_back_what_needs_the_service(
    queue: EventQueue, rows: Rows, service: str, left: set[str]
) -> None:
    names = {
        rows.index(A): "index",
        rows.delete(1, B): "delete",
        rows.index(C, entity_type="event"): "event index",
        rows.delete(1, D, entity_type="event"): "event delete",
    }
    assert await queue.pause_service(service, 60, "asked")
    assert {names[event] for event in await claimed(queue)} == left
    await queue.resume_service(service)
    assert {names[event] for event in await claimed(queue)} == set(names.values()) - left


async def test_a_pause_is_shared_and_only_ever_grows(
    queue: EventQueue, other: EventQueue, rows: Rows
) -> None:
    rows.index(A)
    assert await queue.pause_service("archive", 1000, "first") is True
    assert await other.pause_service("archive", 10, "second") is False
    due = await other.next_due()
    assert due.waiting is not None
    assert 900 < due.waiting <= 1000


async def test_two_who_pause_at_the_same_time_tell_of_it_once(rows: Rows) -> None:
    """In one transaction all clocks are equal."""
    pause = {"service": "archive", "duration": "1 minute", "reason": "asked"}
    with rows.connection.transaction():
        answers = [rows.run(query("pause_service"), **pause) for _ in range(2)]
    assert [answer for (answer,) in answers] == [{"is_new": True}, {"is_new": False}]


async def test_a_pause_that_is_over_is_forgotten(queue: EventQueue, rows: Rows) -> None:
    event = rows.index(A)
    await queue.pause_service("archive", 0, "over at once")
    assert await claimed(queue) == [event]
    assert await queue.pause_service("archive", 60, "again") is True


# Rows written by hand or by the old daemon.


async def test_weakness_R_a_hand_written_row_runs_at_once(queue: EventQueue, rows: Rows) -> None:
    event = rows.index(A)
    assert await claimed(queue) == [event]


async def test_attempts_written_by_hand_cost_their_hours(queue: EventQueue, rows: Rows) -> None:
    event = rows.index(A, attempts=2)
    assert await claimed(queue) == []
    assert 7100 < rows.get(event)["runs_in"].total_seconds() <= 7200


async def test_moving_last_updated_back_by_hand_makes_a_retry_due(
    queue: EventQueue, rows: Rows
) -> None:
    event = rows.index(A)
    (claim,) = await queue.claim(1)
    await queue.retry(claim, TransientError("HTTP 500"), 60)
    assert await claimed(queue) == []
    rows.run(
        "UPDATE artwork_indexer.event_queue SET last_updated = last_updated - interval '2 hours'"
    )
    assert await claimed(queue) == [event]


async def test_failed_set_to_queued_by_hand_is_due_at_once(queue: EventQueue, rows: Rows) -> None:
    event = rows.index(A, attempts=5, state="failed")
    rows.set(event, state="queued", attempts=0)
    assert await claimed(queue) == [event]


async def test_a_second_life_begins_with_fresh_patience(queue: EventQueue, rows: Rows) -> None:
    event = rows.delete(1, A, state="failed", crashes=4, snoozed_since="2024-01-01")
    rows.set(event, state="queued", attempts=0)
    row = rows.get(event)
    assert (row["crashes"], row["snoozed_since"]) == (0, None)
    assert await claimed(queue) == [event]


async def test_an_event_without_attempts_left_is_not_taken(queue: EventQueue, rows: Rows) -> None:
    rows.index(A, attempts=5, run_after="2024-01-01")
    assert await claimed(queue) == []


async def test_weakness_R_a_retry_by_the_old_daemon_keeps_its_hours(
    queue: EventQueue, rows: Rows
) -> None:
    event = rows.index(A)
    rows.set(event, state="running", attempts=1)
    rows.set(event, state="queued")
    assert await claimed(queue) == []
    assert 3500 < rows.get(event)["runs_in"].total_seconds() <= 3600


# Parents.


async def test_upstream_scenario_depends_on(queue: EventQueue, rows: Rows) -> None:
    rows.add("index", {"gid": "A"}, created="2024-01-03", last_updated="2024-01-03")
    rows.add("index", {"gid": "B"}, state="completed", created="2024-01-02")
    rows.add("index", {"gid": "C"}, depends_on=[1, 2], created="2024-01-01")
    assert await claimed(queue, 1) == [1]


async def test_a_parked_child_runs_when_its_parents_have_completed(
    queue: EventQueue, rows: Rows
) -> None:
    parents = [rows.copy(1, A, B), rows.copy(2, C, D)]
    child = rows.index(GIDS[9], depends_on=parents)
    assert rows.get(child)["waits_for"] == "parent"
    one, two = await queue.claim(10)
    await queue.complete(one, None)
    assert await claimed(queue) == []
    await queue.complete(two, None)
    assert await claimed(queue) == [child]


async def test_a_child_is_released_by_the_old_daemon_too(queue: EventQueue, rows: Rows) -> None:
    parent = rows.copy(1, A, B)
    child = rows.index(C, depends_on=[parent])
    assert await claimed(queue) == [parent]
    rows.run(
        "UPDATE artwork_indexer.event_queue SET state = 'completed' WHERE id = %(id)s", id=parent
    )
    assert await claimed(queue) == [child]


async def test_a_child_that_is_added_while_its_parent_runs_waits(
    queue: EventQueue, rows: Rows
) -> None:
    parent = rows.copy(1, A, B)
    (event,) = await queue.claim(1)
    child = rows.index(C, depends_on=[parent])
    assert await claimed(queue) == []
    assert rows.get(child)["waits_for"] == "parent"
    await queue.complete(event, None)
    assert await claimed(queue) == [child]


async def test_a_child_whose_parent_waits_for_time_does_not_run(
    queue: EventQueue, rows: Rows
) -> None:
    parent = rows.copy(1, A, B, run_after="2100-01-01")
    rows.delete(1, C, depends_on=[parent])
    assert await claimed(queue) == []


async def test_a_failed_parent_holds_its_child_for_ever(queue: EventQueue, rows: Rows) -> None:
    parent = rows.copy(1, A, B, state="failed")
    rows.delete(1, C, depends_on=[parent])
    assert await claimed(queue) == []


async def test_vanished_parents_are_named_to_the_handler(queue: EventQueue, rows: Rows) -> None:
    parent = rows.copy(1, A, B)
    child = rows.delete(1, A, depends_on=[parent, 4711])
    rows.run("DELETE FROM artwork_indexer.event_queue WHERE id = %(id)s", id=parent)
    (event,) = await queue.claim(10)
    assert event.id == child
    assert event.depends_on == (parent, 4711)
    assert set(event.vanished_parents) == {parent, 4711}


async def test_a_snoozed_delete_does_not_hold_its_index_but_a_plain_retry_does(
    queue: EventQueue, rows: Rows
) -> None:
    delete = rows.delete(1, A)
    index = rows.index(B, depends_on=[delete])
    deindex = rows.add("deindex", {"gid": C}, depends_on=[delete])
    rows.set(delete, run_after="2100-01-01")
    assert await claimed(queue) == []
    rows.set(delete, snoozed_since="now")
    assert await claimed(queue) == [index]
    assert rows.get(deindex)["waits_for"] == "parent"


async def test_new_parents_appended_by_a_trigger_are_obeyed(queue: EventQueue, rows: Rows) -> None:
    index = rows.index(A)
    delete = rows.delete(1, B)
    rows.set(index, depends_on=[delete])
    assert await claimed(queue) == [delete]


async def test_completing_does_not_wait_for_an_editor_who_holds_the_child(
    queue: EventQueue, rows: Rows, database_url: str
) -> None:
    parent = rows.copy(1, A, B)
    child = rows.index(C, depends_on=[parent])
    (event,) = await queue.claim(1)
    async with await psycopg.AsyncConnection.connect(database_url) as editor:
        await editor.execute(
            "UPDATE artwork_indexer.event_queue SET priority = 101 WHERE id = %s", (child,)
        )
        async with asyncio.timeout(30):
            await queue.complete(event, None)
    assert await queue.sweep() == 1
    assert await claimed(queue) == [child]


async def test_a_claim_passes_over_rows_that_an_editor_holds(
    queue: EventQueue, rows: Rows, database_url: str
) -> None:
    held, free = rows.index(A), rows.index(B)
    async with await psycopg.AsyncConnection.connect(database_url) as editor:
        await editor.execute(
            "UPDATE artwork_indexer.event_queue SET priority = 101 WHERE id = %s", (held,)
        )
        async with asyncio.timeout(30):
            assert await claimed(queue) == [free]
    assert await claimed(queue) == [held]


async def test_settings_may_be_replaced(queue: EventQueue, rows: Rows) -> None:
    rows.index(A)
    queue.settings = QueueSettings(index_delay_seconds=60)
    assert await claimed(queue) == []
    queue.settings = AT_ONCE
    assert len(await claimed(queue)) == 1
