"""The loop, with scripted handlers on a real database."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest

from artwork_indexer import daemon as daemon_module
from artwork_indexer import housekeeping, leases, worker
from artwork_indexer.errors import (
    CredentialsRefused,
    NotYet,
    Overloaded,
    PermanentError,
    TransientError,
    Unreachable,
)
from artwork_indexer.event_queue import Event, EventQueue, QueueSettings
from tests.queue_fixtures import GIDS, Rows, Script, drain, make_engine, running, until

pytest_plugins = ["tests.queue_plugin"]

A, B, C = GIDS[:3]
NEVER = 600.0
"""Seconds that no test waits for."""


def waits(row: dict[str, Any]) -> float:
    """For how many seconds an event was put back, however long ago that is by now."""
    return float((row["run_after"] - row["last_updated"]).total_seconds())


@pytest.fixture
def many_beats(monkeypatch: pytest.MonkeyPatch) -> QueueSettings:
    """Leases that are renewed all the time, and still outlast a machine that stands still."""
    monkeypatch.setattr(leases, "BEATS", 600)
    return QueueSettings(lease_seconds=60, index_delay_seconds=0)


async def test_an_empty_queue_ends_at_once_when_asked_for_one_idle_loop(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "FIRST_IDLE_SECONDS", NEVER)
    assert await drain(make_engine(database_url)) == 0


async def test_idle_loops_are_counted_in_a_row(database_url: str) -> None:
    async with running(make_engine(database_url), max_idle_loops=2, max_wait=0.05) as it:
        assert await it.ended() == 0
        assert len(it.diary.about("idled")) == 2


async def test_all_events_are_done_and_remarks_kept(database_url: str, rows: Rows) -> None:
    first, second = rows.index(A), rows.index(B)
    script = Script("the release is gone", None)
    assert await drain(make_engine(database_url, script)) == 0
    assert rows.states() == {first: "completed", second: "completed"}
    assert rows.get(first)["remark"] == "the release is gone"
    assert rows.get(second)["remark"] is None


async def test_no_more_events_at_once_than_configured(database_url: str, rows: Rows) -> None:
    for gid in GIDS[:12]:
        rows.index(gid)
    script = Script()
    script.gate.clear()
    async with running(make_engine(database_url, script, concurrency=3)) as it:
        await it.diary.wait_for("claimed", times=3)
        await asyncio.sleep(0.05)
        assert rows.count("running") == 3
        script.gate.set()
        await it.diary.wait_for("ended", times=12)
    assert script.most_at_once == 3


async def test_weakness_P_events_of_one_mbid_never_overlap(database_url: str, rows: Rows) -> None:
    ids = [rows.delete(image, A) for image in range(6)] + [rows.index(A)]
    script = Script()
    assert await drain(make_engine(database_url, script)) == 0
    assert script.seen == ids
    assert script.most_at_once == 1


async def test_a_new_event_is_begun_at_once(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "FIRST_IDLE_SECONDS", NEVER)
    async with running(make_engine(database_url), max_wait=NEVER) as it:
        await it.diary.wait_for("listening", True)
        await it.diary.wait_for("idled")
        event = rows.index(A)
        await it.diary.wait_for("claimed", event)


async def test_a_chain_runs_in_order_without_waiting_for_polls(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = rows.copy(1, A, B)
    delete = rows.delete(1, A, depends_on=[copy])
    index = rows.index(B, depends_on=[delete])
    deindex = rows.add("deindex", {"gid": A}, depends_on=[delete])
    script = Script()
    monkeypatch.setattr(daemon_module, "FIRST_IDLE_SECONDS", NEVER)
    assert await drain(make_engine(database_url, script)) == 0
    assert script.seen[:2] == [copy, delete]
    assert set(script.seen[2:]) == {index, deindex}


async def test_collecting_is_waited_for_and_not_idle(database_url: str, rows: Rows) -> None:
    queue = QueueSettings(index_delay_seconds=0.6)
    begun = time.monotonic()
    event = rows.index(A)
    assert await drain(make_engine(database_url, queue=queue)) == 0
    assert rows.state(event) == "completed"
    assert time.monotonic() - begun > 0.5


async def test_what_ripens_during_a_slow_turn_is_not_idle(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not ripe for the claim at the beginning, and is not collecting at the end."""
    claim = EventQueue.claim

    async def then_slowly(self: EventQueue, slots: int) -> list[Event]:
        events = await claim(self, slots)
        await asyncio.sleep(2)
        return events

    monkeypatch.setattr(EventQueue, "claim", then_slowly)
    event = rows.index(A)
    queue = QueueSettings(index_delay_seconds=0.5)
    assert await drain(make_engine(database_url, queue=queue)) == 0
    assert rows.state(event) == "completed"


async def test_back_off_counts_as_idle(database_url: str, rows: Rows) -> None:
    event = rows.index(A)
    script = Script(TransientError("HTTP 500", status=500))
    assert await drain(make_engine(database_url, script)) == 0
    row = rows.get(event)
    assert (row["state"], row["attempts"]) == ("queued", 1)
    assert 60 <= waits(row) < 120
    assert rows.reasons(event) == ["HTTP 500"]


async def test_weakness_S_a_permanent_error_fails_at_the_first_try(
    database_url: str, rows: Rows
) -> None:
    parent = rows.copy(1, A, B)
    child = rows.delete(1, A, depends_on=[parent])
    engine = make_engine(database_url, Script(PermanentError("HTTP 400", status=400)))
    async with running(engine, max_idle_loops=1) as it:
        assert await it.ended() == 0
        assert it.diary.about("event_failed") == [parent]
    assert rows.states() == {parent: "failed", child: "failed"}
    assert rows.reasons(parent) == ["HTTP 400"]
    assert f"depended on ({parent})" in rows.reasons(child)[0]


async def test_the_last_attempt_fails(database_url: str, rows: Rows) -> None:
    event = rows.index(A, attempts=4, run_after="yesterday")
    await drain(make_engine(database_url, Script(TransientError("HTTP 400"))))
    row = rows.get(event)
    assert (row["state"], row["attempts"]) == ("failed", 5)


async def test_weakness_A_an_unforeseen_error_is_recorded_and_the_daemon_lives(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = rows.index("not a uuid"), rows.index(B)
    script = Script(ZeroDivisionError("division by zero"), None)
    assert await drain(make_engine(database_url, script, concurrency=1)) == 0
    assert rows.states() == {bad: "queued", good: "completed"}
    assert rows.reasons(bad) == ["ZeroDivisionError: division by zero"]
    assert "unexpected error" in caplog.text


async def test_weakness_A_a_reason_no_database_can_hold_is_recorded_all_the_same(
    database_url: str, rows: Rows
) -> None:
    event = rows.index(A)
    await drain(make_engine(database_url, Script(PermanentError("nul \x00 and lone \ud800"))))
    assert rows.state(event) == "failed"
    assert rows.reasons(event)[0].startswith("nul ")


async def test_an_event_that_takes_too_long_is_ended(database_url: str, rows: Rows) -> None:
    event = rows.index(A)
    script = Script()
    script.gate.clear()
    await drain(make_engine(database_url, script, event_timeout_seconds=0.1))
    assert "event_timeout_seconds" in rows.reasons(event)[0]
    assert rows.get(event)["attempts"] == 1


async def test_a_time_limit_inside_the_handler_is_its_own_error(
    database_url: str, rows: Rows
) -> None:
    event = rows.index(A)
    await drain(make_engine(database_url, Script(TimeoutError("no answer"))))
    assert rows.reasons(event) == ["TimeoutError: no answer"]


async def test_weakness_S_overload_pauses_the_service_and_uses_no_attempt(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    events = [rows.index(gid) for gid in (A, B, C)]
    script = Script(Overloaded("SlowDown", service="archive", seconds=40))
    engine = make_engine(database_url, script, concurrency=1)
    async with running(engine, max_idle_loops=1) as it:
        assert await it.ended() == 0
        assert it.diary.about("paused") == ["archive"]
    assert script.seen == events[:1]
    assert {rows.get(event)["attempts"] for event in events} == {0}
    assert rows.get(events[0])["remark"] == "SlowDown"
    assert "archive is paused for 40 s" in caplog.text


async def test_refused_keys_are_told_once_a_pause(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    for gid in (A, B):
        rows.index(gid)
    refused = CredentialsRefused("the keys are refused", service="caa-keys", seconds=60)
    script = Script(refused, refused)
    script.gate.clear()
    async with running(make_engine(database_url, script)) as it:
        await it.diary.wait_for("claimed", times=2)
        script.gate.set()
        await it.diary.wait_for("snoozed", times=2)
        assert it.diary.about("paused") == ["caa-keys"]
    alerts = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert len(alerts) == 1
    assert "caa-keys is paused" in alerts[0].getMessage()


async def test_work_goes_on_by_itself_when_a_pause_ends(database_url: str, rows: Rows) -> None:
    event = rows.index(A)
    script = Script(Overloaded("SlowDown", service="archive", seconds=0.1))
    async with running(make_engine(database_url, script)) as it:
        await it.diary.wait_for("snoozed", event)
        await it.diary.wait_for("completed", event)
    assert rows.get(event)["attempts"] == 1


async def test_a_wait_uses_no_attempt(database_url: str, rows: Rows) -> None:
    event = rows.delete(1, A)
    await drain(make_engine(database_url, Script(NotYet("the copy is not there", seconds=30))))
    row = rows.get(event)
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert row["snoozed_since"] is not None
    assert 30 <= waits(row) < 60


async def test_trouble_with_the_database_while_handling_is_not_held_against_the_event(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "GIVE_BACK_SECONDS", NEVER)
    event = rows.index(A)
    await drain(make_engine(database_url, Script(Unreachable("the replica is away"))))
    row = rows.get(event)
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert rows.reasons(event) == []
    assert waits(row) >= NEVER


async def test_weakness_D_a_stalled_event_is_taken_over_when_its_lease_ends(
    database_url: str, rows: Rows
) -> None:
    event = rows.index(A)
    rows.run(
        "UPDATE artwork_indexer.event_queue SET state = 'running', claims = 1, attempts = 1,"
        " claimed_by = 'gone', lease_expires = now() + interval '1 second'"
    )
    engine = make_engine(database_url)
    async with running(engine) as it:
        await it.diary.wait_for("idled")
        await it.diary.wait_for("completed", event)
    row = rows.get(event)
    assert (row["attempts"], row["crashes"]) == (1, 1)


async def test_upstream_scenario_timeout_in_a_single_poll(database_url: str, rows: Rows) -> None:
    event = rows.add("index", {"gid": "A"}, state="running", created="2024-01-01")
    assert await drain(make_engine(database_url)) == 0
    assert rows.state(event) == "failed"


async def test_a_busy_daemon_rescues_too(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "RESCUE_SECONDS", 0)
    stalled = rows.index(A)
    rows.set(stalled, state="running", claimed_by="gone", lease_expires="2024-01-01")
    busy = rows.index(B)
    script = Script()
    script.gate.clear()
    async with running(make_engine(database_url, script, concurrency=1)) as it:
        await it.diary.wait_for("claimed", busy)
        await until(lambda: rows.state(stalled) == "queued")
        script.gate.set()
        await it.diary.wait_for("completed", stalled)


async def test_upstream_scenario_cleanup(database_url: str, rows: Rows) -> None:
    rows.index(A)
    await drain(make_engine(database_url))
    assert rows.count("completed") == 1
    rows.run("UPDATE artwork_indexer.event_queue SET created = created - interval '100 days'")
    await drain(make_engine(database_url))
    assert rows.count("completed") == 0


async def test_a_lost_lease_ends_the_handler_and_drops_its_result(
    database_url: str, rows: Rows, many_beats: QueueSettings
) -> None:
    event = rows.index(A)
    script = Script()
    script.gate.clear()
    async with running(make_engine(database_url, script, queue=many_beats)) as it:
        await it.diary.wait_for("claimed", event)
        rows.set(event, claimed_by="somebody else", claims=2)
        await it.diary.wait_for("lost", event)
    row = rows.get(event)
    assert (row["state"], row["claimed_by"]) == ("running", "somebody else")


async def test_a_lease_is_renewed_as_long_as_the_work_goes_on(
    database_url: str, rows: Rows, many_beats: QueueSettings
) -> None:
    event = rows.index(A)
    script = Script()
    script.gate.clear()
    async with running(make_engine(database_url, script, queue=many_beats)) as it:
        await it.diary.wait_for("claimed", event)
        first = rows.get(event)["lease_expires"]
        await until(lambda: rows.get(event)["lease_expires"] > first)
        script.gate.set()
        await it.diary.wait_for("completed", event)
