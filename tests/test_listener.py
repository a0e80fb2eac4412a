"""The listening connection: it costs nothing, and it comes back."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import LiteralString

import pytest

from artwork_indexer import listener as listener_module
from artwork_indexer.database import Database
from artwork_indexer.listener import Listener, NotificationsBlocked
from tests.queue_fixtures import GIDS, Rows, until
from tests.relay import relayed

pytest_plugins = ["tests.queue_plugin"]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stands still for a while is no lost connection."""
    monkeypatch.setattr(listener_module, "ANSWER_SECONDS", 60.0)
    monkeypatch.setattr(listener_module, "PROOF_SECONDS", 60.0)


class Ear:
    """Counts the wake-ups and keeps the changes of state."""

    def __init__(self) -> None:
        self.wakes = 0
        self.changes: list[bool] = []

    def wake(self) -> None:
        self.wakes += 1

    def changed(self, active: bool) -> None:
        self.changes.append(active)

    async def hears(self, times: int) -> None:
        await until(lambda: self.wakes >= times)


@asynccontextmanager
async def listening(
    conninfo: str, ear: Ear, *, prove: bool = False, probe_seconds: float = 45
) -> AsyncIterator[asyncio.Task[None]]:
    async with Database(conninfo, size=1, prepared=False, name="proof") as database:
        listener = Listener(
            conninfo,
            database,
            prove=prove,
            wake=ear.wake,
            changed=ear.changed,
            probe_seconds=probe_seconds,
        )
        task = asyncio.create_task(listener.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def backends(rows: Rows) -> list[int]:
    found = rows.run(
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%%'"
    )
    return [row["pid"] for row in found]


@pytest.mark.parametrize("prove", [False, True])
async def test_each_commit_wakes_once(database_url: str, rows: Rows, prove: bool) -> None:
    ear = Ear()
    async with listening(database_url, ear, prove=prove):
        await ear.hears(1)
        rows.index(GIDS[0])
        await ear.hears(2)
        with rows.connection.transaction():
            for gid in GIDS[1:5]:
                rows.index(gid)
        await ear.hears(3)
        await asyncio.sleep(0.1)
        assert ear.wakes == 3
        assert ear.changes == [True]


async def test_deferred_demand_wakes_too(database_url: str, rows: Rows) -> None:
    ear = Ear()
    async with listening(database_url, ear):
        await ear.hears(1)
        rows.run(
            "INSERT INTO artwork_indexer.deferred_demand (entity_type, gid)"
            " VALUES ('release', gen_random_uuid())"
        )
        await ear.hears(2)


async def test_a_killed_backend_is_replaced_and_the_gap_is_polled(
    database_url: str, rows: Rows
) -> None:
    ear = Ear()
    async with listening(database_url, ear):
        await ear.hears(1)
        (pid,) = backends(rows)
        rows.run("SELECT pg_terminate_backend(%(pid)s)", pid=pid)
        await ear.hears(2)
        assert ear.changes == [True, False, True]
        rows.index(GIDS[0])
        await ear.hears(3)


async def test_reconnecting_goes_on_until_the_server_is_back(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    async with relayed(database_url) as relay, listening(relay.conninfo, ear):
        await ear.hears(1)
        await relay.stop()
        await until(lambda: False in ear.changes)
        await asyncio.sleep(1)
        await relay.start()
        await ear.hears(2)
        rows.index(GIDS[0])
        await ear.hears(3)
    lost = [r for r in caplog.records if "not listening" in r.getMessage()]
    assert len(lost) == 1


async def test_a_half_open_connection_is_found_by_the_probe(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "ANSWER_SECONDS", 1.0)
    ear = Ear()
    async with relayed(database_url) as relay, listening(relay.conninfo, ear, probe_seconds=0.2):
        await ear.hears(1)
        relay.swallow()
        await until(lambda: False in ear.changes)
        relay.flow()
        await ear.hears(2)
        rows.index(GIDS[0])
        await ear.hears(3)


async def test_probing_does_not_disturb_listening(database_url: str, rows: Rows) -> None:
    ear = Ear()
    async with listening(database_url, ear, probe_seconds=0.01):
        await ear.hears(1)
        for number, gid in enumerate(GIDS[:20], start=2):
            rows.index(gid)
            await ear.hears(number)
        assert ear.changes == [True]


async def test_waiting_costs_nothing(database_url: str) -> None:
    ear = Ear()
    async with listening(database_url, ear):
        await ear.hears(1)
        # In one of them nothing else goes on in this process, such as the collection of garbage.
        assert min([await used_in(0.5) for _ in range(6)]) < 0.001


async def used_in(seconds: float) -> float:
    """Seconds of the processor that this process uses while the test sleeps."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.sleep(seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def test_a_proof_that_was_not_read_in_time_is_a_proof(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that stood still: the time is over and the notification is there."""
    monkeypatch.setattr(listener_module, "PROOF_SECONDS", 0.0)
    ear = Ear()
    async with listening(database_url, ear, prove=True):
        await ear.hears(1)
    assert ear.changes == [True]


async def test_a_connection_that_breaks_during_the_proof_proves_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "PROOF_SECONDS", 0.2)
    notify = Database.execute

    async def cut_first(self: Database, statement: LiteralString, **parameters: object) -> int:
        if relay.connections == 1:
            await relay.cut()
        return await notify(self, statement, **parameters)

    monkeypatch.setattr(Database, "execute", cut_first)
    ear = Ear()
    async with (
        relayed(database_url) as relay,
        listening(relay.conninfo, ear, prove=True),
    ):
        await ear.hears(1)
    assert ear.changes == [False, True]


async def test_blocked_notifications_are_noticed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "PROOF_SECONDS", 0.2)
    monkeypatch.setattr(Listener, "_arrived", lambda *_: None)
    async with listening(database_url, Ear(), prove=True) as task:
        with pytest.raises(NotificationsBlocked):
            await task
