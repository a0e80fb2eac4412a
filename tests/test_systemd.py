"""What the service manager hears, over a real datagram socket."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from artwork_indexer.observability.systemd import Notifier, Systemd, Watchdog, watchdog_seconds


class Manager:
    """The service manager's end of the socket."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0", 1))
        self.socket.setblocking(False)
        self.environ = {"NOTIFY_SOCKET": address}

    async def hears(self) -> dict[str, str]:
        async with asyncio.timeout(30):
            data = await asyncio.get_running_loop().sock_recv(self.socket, 4096)
        return dict(line.split("=", 1) for line in data.decode().splitlines())

    def has_heard_nothing(self) -> bool:
        try:
            self.socket.recv(4096)
        except BlockingIOError:
            return True
        return False


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    abstract = f"@artwork-indexer-test-{os.getpid()}"
    manager = Manager(abstract if request.param == "abstract" else str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


async def test_start_reload_and_stop_are_announced(manager: Manager) -> None:
    systemd = Systemd(manager.environ)
    systemd.started()
    assert (await manager.hears())["READY"] == "1"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    systemd.reloading()
    heard = await manager.hears()
    assert heard["RELOADING"] == "1"
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert before <= int(heard["MONOTONIC_USEC"]) <= after
    systemd.reloaded(accepted=False)
    heard = await manager.hears()
    assert heard["READY"] == "1"
    assert "refused" in heard["STATUS"]
    systemd.stopping()
    assert (await manager.hears())["STOPPING"] == "1"


async def test_database_trouble_shows_in_the_status(manager: Manager) -> None:
    systemd = Systemd(manager.environ)
    systemd.connected(False)
    assert await manager.hears() == {"STATUS": "Waiting for the database."}
    systemd.connected(True)
    assert await manager.hears() == {"STATUS": "Working."}


def test_without_a_manager_nothing_happens() -> None:
    Notifier({}).send(READY=1)


def test_manager_that_is_gone_or_does_not_read_costs_nothing(manager: Manager) -> None:
    Notifier({"NOTIFY_SOCKET": "/nowhere/at/all"}).send(READY=1)
    notifier = Notifier(manager.environ)
    for _ in range(2000):
        notifier.send(STATUS="the queue of the socket is full by now")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "180000000"}, 180),
        ({"WATCHDOG_USEC": "180000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "180000000", "WATCHDOG_PID": str(os.getpid())}, 180),
    ],
)
def test_interval_is_what_the_manager_asks_of_this_process(
    environ: dict[str, str], seconds: float | None
) -> None:
    assert watchdog_seconds(environ) == seconds


async def test_watchdog_is_fed_again_and_again(manager: Manager) -> None:
    async with Systemd({**manager.environ, "WATCHDOG_USEC": "20000"}) as systemd:
        for _ in range(3):
            systemd.progressed()
            assert await manager.hears() == {"WATCHDOG": "1"}


async def hears_without_end(manager: Manager, *, limit: float) -> None:
    """Raise TimeoutError once there is silence for ``limit`` seconds; 40 at most in all."""
    async with asyncio.timeout(40):
        while True:
            async with asyncio.timeout(limit):
                await manager.hears()


async def test_watchdog_starves_when_the_loop_makes_no_progress(manager: Manager) -> None:
    watchdog = Watchdog(Notifier(manager.environ), 0.05, patience=0)
    feeding = asyncio.create_task(watchdog.run())
    # The meals due while the first mark is fresh, and then none for ten more.
    with pytest.raises(TimeoutError):
        await hears_without_end(manager, limit=0.25)
    assert manager.has_heard_nothing()
    heard = asyncio.create_task(manager.hears())
    while not heard.done():
        watchdog.progress()
        await asyncio.wait([heard], timeout=0.01)
    assert heard.result() == {"WATCHDOG": "1"}
    feeding.cancel()
    await asyncio.wait([feeding])


async def test_watchdog_is_fed_while_the_last_events_are_finished(manager: Manager) -> None:
    watchdog = Watchdog(Notifier(manager.environ), 0.01, patience=0)
    watchdog.stopping()
    feeding = asyncio.create_task(watchdog.run())
    for _ in range(5):
        assert await manager.hears() == {"WATCHDOG": "1"}
    feeding.cancel()
    await asyncio.wait([feeding])


async def test_watchdog_ends_with_the_daemon(manager: Manager) -> None:
    async with Systemd({**manager.environ, "WATCHDOG_USEC": "20000"}):
        await manager.hears()
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert "watchdog" not in names
