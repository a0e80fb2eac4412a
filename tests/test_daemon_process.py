"""Signals and sudden death, on a real process."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.daemon_process import started
from tests.queue_fixtures import Rows, until

pytest_plugins = ["tests.queue_plugin"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_weakness_J_a_sleeping_process_ends_at_once(
    database_url: str, number: signal.Signals
) -> None:
    async with started(database_url, "one", max_wait=600) as process:
        process.signal(number)
        assert await process.ended() == 0
    assert "stopped" in process.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_upstream_scenario_signals(
    database_url: str, rows: Rows, tmp_path: Path, number: signal.Signals
) -> None:
    event = rows.add("noop", {"file": str(tmp_path / "go on")})
    async with started(database_url, "one") as process:
        await process.logs(f"begun: event {event}")
        process.signal(number)
        await process.logs("finishing 1 events")
        late = rows.add("noop", {"late": True})
        (tmp_path / "go on").touch()
        assert await process.ended() == 0
    assert rows.states() == {event: "completed", late: "queued"}


async def test_a_second_signal_ends_at_once_and_gives_the_claims_back(
    database_url: str, rows: Rows
) -> None:
    event = rows.add("noop", {"sleep": 60})
    async with started(database_url, "one") as process:
        await process.logs(f"begun: event {event}")
        process.signal(signal.SIGTERM)
        await process.logs("finishing 1 events")
        process.signal(signal.SIGTERM)
        assert await process.ended() == 1
    row = rows.get(event)
    assert (row["state"], row["attempts"], row["crashes"]) == ("queued", 0, 0)


async def test_sighup_without_anything_to_reload_does_not_end_it(
    database_url: str, rows: Rows
) -> None:
    async with started(database_url, "one") as process:
        process.signal(signal.SIGHUP)
        event = rows.add("noop", {})
        await until(lambda: rows.state(event) == "completed")
        process.signal(signal.SIGTERM)
        assert await process.ended() == 0


async def test_upstream_scenario_concurrency(database_url: str, rows: Rows) -> None:
    events = [rows.add("noop", {"sleep": 0.05, "n": n}) for n in range(20)]
    async with started(database_url, "one") as one, started(database_url, "two") as two:
        await until(lambda: rows.count("completed") == len(events))
        for process in (one, two):
            process.signal(signal.SIGTERM)
            assert await process.ended() == 0
    for event in events:
        assert (one.log + two.log).count(f"event {event} noop - completed") == 1


async def test_crash_recovery_after_kill_9(database_url: str, rows: Rows, tmp_path: Path) -> None:
    event = rows.add("noop", {"file": str(tmp_path / "go on")})
    async with started(database_url, "one") as first:
        await first.logs(f"begun: event {event}")
        async with started(database_url, "two") as second:
            first.signal(signal.SIGKILL)
            assert await first.ended() == -signal.SIGKILL
            (tmp_path / "go on").touch()
            end_lease(rows, event)
            await second.logs(f"event {event} was taken from a worker that is gone: queued")
            await second.logs(f"event {event} noop - completed")
    row = rows.get(event)
    assert (row["state"], row["attempts"], row["crashes"]) == ("completed", 1, 1)


async def test_weakness_D_a_process_that_slept_beyond_its_lease_writes_nothing(
    database_url: str, rows: Rows, tmp_path: Path
) -> None:
    event = rows.add("noop", {"file": str(tmp_path / "go on")})
    async with started(database_url, "one") as first:
        await first.logs(f"begun: event {event}")
        first.signal(signal.SIGSTOP)
        await until(lambda: " T " in Path(f"/proc/{first.pid}/stat").read_text("utf-8"))
        (tmp_path / "go on").touch()
        async with started(database_url, "two") as second:
            end_lease(rows, event)
            await second.logs(f"event {event} noop - completed")
            remark = rows.get(event)["remark"]
            first.signal(signal.SIGCONT)
            await first.logs(f"event {event} noop - lost")
        again = rows.add("noop", {"again": True})
        await until(lambda: rows.state(again) == "completed")
    row = rows.get(event)
    assert (row["state"], row["remark"]) == ("completed", remark)
    assert remark == f"pid {second.pid}"


def end_lease(rows: Rows, event: int) -> None:
    """Let the time of a lease pass, and have somebody look."""
    rows.set(event, lease_expires="2024-01-01")
    rows.add("noop", {"wakes": "whoever sleeps"})
