"""Stopping, reloading and idling, with scripted handlers on a real database."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from artwork_indexer import daemon as daemon_module
from artwork_indexer.engine import Engine
from artwork_indexer.errors import (
    ConfigurationError,
)
from artwork_indexer.event_queue import Event, EventQueue
from tests.queue_fixtures import GIDS, Rows, Script, drain, make_engine, running, until

pytest_plugins = ["tests.queue_plugin"]

A, B, C = GIDS[:3]


async def test_weakness_J_an_idle_daemon_stops_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "FIRST_IDLE_SECONDS", 600.0)
    async with running(make_engine(database_url), max_wait=600) as it:
        await it.diary.wait_for("idled")
        await it.diary.wait_for("listening", True)
        it.daemon.stop()
        assert await it.ended() == 0


async def test_weakness_J_after_a_stop_nothing_is_claimed_and_work_is_finished(
    database_url: str, rows: Rows
) -> None:
    first = rows.index(A)
    script = Script()
    script.gate.clear()
    async with running(make_engine(database_url, script, concurrency=2)) as it:
        await it.diary.wait_for("claimed", first)
        it.daemon.stop()
        second = rows.index(B)
        await it.diary.wait_for("stopping")
        await asyncio.sleep(0.1)
        script.gate.set()
        assert await it.ended() == 0
    assert rows.states() == {first: "completed", second: "queued"}
    assert rows.get(second)["claims"] == 0


async def test_weakness_J_a_stop_right_before_the_claim_is_in_time(
    database_url: str, rows: Rows
) -> None:
    engine = make_engine(database_url)

    async def stop_meanwhile(same: Engine) -> Engine:
        rows.index(A)
        it.daemon.stop()
        return same

    async with running(engine, reload=stop_meanwhile) as it:
        await it.diary.wait_for("listening", True)
        await it.diary.wait_for("idled")
        it.daemon.reload()
        assert await it.ended() == 0
        assert it.diary.about("claimed") == []
    assert rows.count("queued") == 1


@pytest.mark.parametrize("is_slow", [False, True])
async def test_a_stop_gives_back_a_claim_whose_answer_it_does_not_wait_for(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch, *, is_slow: bool
) -> None:
    """A statement on a dead connection takes seconds to be cancelled."""
    event = rows.index(A)
    claim = EventQueue.claim

    async def without_an_answer(self: EventQueue, slots: int) -> list[Event]:
        await claim(self, slots)
        answer: asyncio.Future[list[Event]] = asyncio.get_running_loop().create_future()
        try:
            return await answer
        except asyncio.CancelledError:
            if is_slow:
                await asyncio.sleep(600)
            raise

    monkeypatch.setattr(EventQueue, "claim", without_an_answer)
    async with running(make_engine(database_url)) as it:
        await until(lambda: rows.state(event) == "running")
        it.daemon.stop()
        assert await it.ended() == 0
    row = rows.get(event)
    assert (row["state"], row["attempts"], row["crashes"]) == ("queued", 0, 0)


async def test_a_second_signal_gives_the_claims_back(database_url: str, rows: Rows) -> None:
    event = rows.index(A)
    script = Script()
    script.gate.clear()
    async with running(make_engine(database_url, script)) as it:
        await it.diary.wait_for("claimed", event)
        it.daemon.stop()
        it.daemon.stop()
        assert await it.ended() == 1
    row = rows.get(event)
    assert (row["state"], row["attempts"], row["crashes"]) == ("queued", 0, 0)
    assert row["waits_for"] is None


class Steps:
    """An idle step with so many things to do."""

    def __init__(self, amount: int) -> None:
        self.left = amount
        self.begun = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def step(self) -> bool:
        self.begun += 1
        await self.gate.wait()
        self.left -= 1
        return self.left >= 0


async def test_idle_steps_run_until_they_find_nothing(database_url: str) -> None:
    steps = Steps(5)
    engine = make_engine(database_url, idle_step=steps)
    assert await drain(engine) == 0
    assert steps.begun == 6


async def test_polls_count_as_idle_although_each_begins_a_step(database_url: str) -> None:
    steps = Steps(3)
    async with running(
        make_engine(database_url, idle_step=steps), max_idle_loops=4, max_wait=0.02
    ) as it:
        assert await it.ended() == 0
    assert it.diary.about("idled") == [None] * 4
    assert steps.begun == 7


async def test_no_idle_step_begins_while_an_event_waits(database_url: str, rows: Rows) -> None:
    for gid in GIDS[:6]:
        rows.index(gid)
    steps = Steps(0)
    counts: list[int] = []

    async def handle(event: Event) -> None:
        del event
        counts.append(steps.begun)

    await drain(make_engine(database_url, handle, concurrency=1, idle_step=steps))
    assert counts == [0] * 6
    assert steps.begun == 1


async def test_an_event_does_not_wait_for_a_long_idle_step(database_url: str, rows: Rows) -> None:
    steps = Steps(1)
    steps.gate.clear()
    async with running(make_engine(database_url, idle_step=steps)) as it:
        await it.diary.wait_for("listening", True)
        await until(lambda: steps.begun == 1)
        event = rows.index(A)
        await it.diary.wait_for("completed", event)
        assert it.diary.about("idled") == []
        steps.gate.set()


async def test_a_broken_idle_step_does_not_stop_the_events(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        async def step(self) -> bool:
            raise ZeroDivisionError

    async with running(make_engine(database_url, idle_step=Broken()), max_wait=0.1) as it:
        await it.diary.wait_for("idled")
        event = rows.index(A)
        await it.diary.wait_for("completed", event)
    assert "idle step: unexpected error" in caplog.text


async def test_a_reload_takes_over_for_the_next_event_only(database_url: str, rows: Rows) -> None:
    old, new = Script(), Script()
    old.gate.clear()
    first_engine = make_engine(database_url, old)
    second_engine = make_engine(database_url, new)

    async def reload(engine: Engine) -> Engine:
        assert engine is first_engine
        await second_engine.database.__aenter__()
        return second_engine

    async with running(first_engine, reload=reload) as it:
        first = rows.index(A)
        await it.diary.wait_for("claimed", first)
        it.daemon.reload()
        await it.diary.wait_for("reloaded", True)
        second = rows.index(B)
        await it.diary.wait_for("completed", second)
        old.gate.set()
        await it.diary.wait_for("completed", first)
        await it.diary.wait_for("listening", True)
    assert (old.seen, new.seen) == ([first], [second])


async def test_a_stop_leaves_no_old_engine_half_closed(database_url: str) -> None:
    closing, closed = asyncio.Event(), asyncio.Event()
    first_engine, second_engine = make_engine(database_url), make_engine(database_url)

    async def close() -> None:
        closing.set()
        await asyncio.sleep(0.05)
        await first_engine.close()
        closed.set()

    async def reload(engine: Engine) -> Engine:
        del engine
        await second_engine.database.__aenter__()
        return second_engine

    async with running(replace(first_engine, close=close), reload=reload) as it:
        it.daemon.reload()
        await closing.wait()
        it.daemon.stop()
        assert await it.ended() == 0
    assert closed.is_set()


async def test_a_bad_configuration_is_refused_and_the_old_one_stays(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    async def reload(engine: Engine) -> Engine:
        raise ConfigurationError(f"[indexer] concurrency: {engine.settings.concurrency + 1}?")

    async with running(make_engine(database_url), reload=reload) as it:
        it.daemon.reload()
        await it.diary.wait_for("reloaded", False)
        event = rows.index(A)
        await it.diary.wait_for("completed", event)
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "the old configuration stays" in errors[0]


async def test_a_dead_background_task_ends_the_process_loudly(
    database_url: str,
    rows: Rows,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = rows.index(A)
    script = Script()
    script.gate.clear()
    engine = make_engine(database_url, script)
    async with running(engine) as it:
        await it.diary.wait_for("claimed", event)
        broken = replace(engine)
        object.__setattr__(broken, "queue", None)
        monkeypatch.setattr(it.daemon, "_engine", broken)
        it.daemon.wake()
        assert await it.ended() == 1
    assert "the loop broke, the process ends" in caplog.text
    assert rows.state(event) == "queued"
