"""An empty event queue, rows in it, and a daemon on it whose handlers a test writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from artwork_indexer.daemon import Daemon, LoopOptions, Reload
from artwork_indexer.database import Database
from artwork_indexer.engine import Engine, EngineSettings, Handle, IdleStep, ListenMode
from artwork_indexer.errors import EventError, ServicePaused
from artwork_indexer.event_queue import Event, EventQueue, QueueSettings
from artwork_indexer.observer import Observer

AT_ONCE = QueueSettings(index_delay_seconds=0)
GIDS = tuple(f"{n:08x}-0000-4000-8000-000000000000" for n in range(1, 100))


class Rows:
    """What a person with psql does to the queue."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.connection = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row)

    def run(self, statement: str, **parameters: object) -> list[dict[str, Any]]:
        cursor = self.connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def add(
        self,
        action: str = "noop",
        message: dict[str, object] | None = None,
        **columns: object,
    ) -> int:
        """Insert an event and return its id; an index of a gid may be given as text."""
        values: dict[str, object] = {
            "entity_type": "release",
            "action": action,
            "message": Jsonb(message if message is not None else {}),
            **columns,
        }
        names = ", ".join(values)
        marks = ", ".join(f"%({name})s" for name in values)
        (row,) = self.run(
            f"INSERT INTO artwork_indexer.event_queue ({names}) VALUES ({marks}) RETURNING id",
            **values,
        )
        return int(row["id"])

    def index(self, gid: str, **columns: object) -> int:
        return self.add("index", {"gid": gid}, **columns)

    def copy(self, image: int, old: str, new: str, **columns: object) -> int:
        message = {"artwork_id": image, "old_gid": old, "new_gid": new, "suffix": "jpg"}
        return self.add("copy_image", message, **columns)

    def delete(self, image: int, gid: str, **columns: object) -> int:
        message = {"artwork_id": image, "gid": gid, "suffix": "jpg"}
        return self.add("delete_image", message, **columns)

    def get(self, event: int) -> dict[str, Any]:
        (row,) = self.run(
            "SELECT *, run_after - clock_timestamp() AS runs_in"
            " FROM artwork_indexer.event_queue WHERE id = %(id)s",
            id=event,
        )
        return row

    def set(self, event: int, **columns: object) -> None:
        changes = ", ".join(f"{name} = %({name})s" for name in columns)
        self.run(
            f"UPDATE artwork_indexer.event_queue SET {changes} WHERE id = %(id)s",
            id=event,
            **columns,
        )

    def state(self, event: int) -> str:
        return str(self.get(event)["state"])

    def states(self) -> dict[int, str]:
        rows = self.run("SELECT id, state FROM artwork_indexer.event_queue ORDER BY id")
        return {row["id"]: row["state"] for row in rows}

    def reasons(self, event: int) -> list[str]:
        rows = self.run(
            "SELECT failure_reason FROM artwork_indexer.event_failure_reason"
            " WHERE event = %(id)s ORDER BY created, ctid",
            id=event,
        )
        return [row["failure_reason"] for row in rows]

    def count(self, state: str) -> int:
        rows = self.run(
            "SELECT count(*) AS n FROM artwork_indexer.event_queue WHERE state = %(state)s",
            state=state,
        )
        return int(rows[0]["n"])

    def close(self) -> None:
        self.connection.close()


def entries_read(connection: psycopg.Connection[Any], table: str) -> int:
    """Rows and index entries of a table of ours that this transaction has read."""
    row = connection.execute(
        "SELECT pg_stat_get_xact_tuples_returned(it)"
        "     + (SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))"
        "          FROM pg_index WHERE indrelid = it) AS entries"
        "  FROM CAST(%s AS regclass) AS it",
        [f"artwork_indexer.{table}"],
    ).fetchone()
    assert row is not None
    return int(row[0])


@asynccontextmanager
async def open_queue(
    conninfo: str, owner: str = "me", settings: QueueSettings = AT_ONCE
) -> AsyncIterator[EventQueue]:
    """A queue as one worker sees it; jobs are not held back to collect edits."""
    async with Database(conninfo, size=2, prepared=False, name=owner) as database:
        yield EventQueue(database, owner, settings)


async def nothing(event: Event) -> str | None:
    """A handler that has nothing to do."""
    del event
    return None


class Diary(Observer):
    """Keeps what the daemon said, and lets a test wait for it."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, object]] = []
        self._more = asyncio.Event()

    def _note(self, what: str, about: object = None) -> None:
        self.entries.append((what, about))
        self._more.set()

    async def wait_for(self, what: str, about: object = None, *, times: int = 1) -> None:
        """Until ``what`` was noted so often (with ``about``, if given); 40 s at most."""
        async with asyncio.timeout(40):
            while len(self.about(what, about)) < times:
                self._more.clear()
                await self._more.wait()

    def about(self, what: str, about: object = None) -> list[object]:
        return [a for w, a in self.entries if w == what and about in (None, a)]

    def started(self) -> None:
        self._note("started")

    def stopping(self) -> None:
        self._note("stopping")

    def reloaded(self, *, accepted: bool) -> None:
        self._note("reloaded", accepted)

    def connected(self, active: bool) -> None:
        self._note("connected", active)

    def listening(self, active: bool) -> None:
        self._note("listening", active)

    def claimed(self, events: Sequence[Event]) -> None:
        for event in events:
            self._note("claimed", event.id)

    def event_ended(self, event: Event, outcome: str, seconds: float) -> None:
        del seconds
        self._note(str(outcome), event.id)
        self._note("ended", event.id)

    def event_failed(self, event: Event, error: EventError) -> None:
        del error
        self._note("event_failed", event.id)

    def service_paused(self, error: ServicePaused, seconds: float) -> None:
        del seconds
        self._note("paused", error.service)

    def idled(self) -> None:
        self._note("idled")


def make_engine(
    conninfo: str,
    handle: Handle = nothing,
    *,
    owner: str = "daemon",
    idle_step: IdleStep | None = None,
    queue: QueueSettings = AT_ONCE,
    concurrency: int = 4,
    event_timeout_seconds: float = 150,
    listen: ListenMode = "auto",
) -> Engine:
    """An engine on a database that is opened at the first use and closed with it."""
    database = Database(conninfo, size=4, prepared=listen == "yes", name=owner)

    async def close() -> None:
        await database.__aexit__(None, None, None)

    return Engine(
        settings=EngineSettings(concurrency, event_timeout_seconds, listen),
        conninfo=conninfo,
        database=database,
        queue=EventQueue(database, owner, queue),
        handle=handle,
        close=close,
        idle_step=idle_step,
    )


class RunningDaemon:
    """A daemon in a task of the test's own loop."""

    def __init__(self, daemon: Daemon, diary: Diary) -> None:
        self.daemon = daemon
        self.diary = diary
        self.task = asyncio.create_task(daemon.run())

    async def ended(self, limit: float = 40) -> int:
        async with asyncio.timeout(limit):
            return await asyncio.shield(self.task)


@asynccontextmanager
async def running(
    engine: Engine,
    *,
    max_wait: float = 32,
    max_idle_loops: int | None = None,
    reload: Reload | None = None,
) -> AsyncIterator[RunningDaemon]:
    """Run a daemon for the length of the block, then stop it and see it end well."""
    diary = Diary()
    await engine.database.__aenter__()
    daemon = Daemon(
        engine,
        options=LoopOptions(max_wait=max_wait, max_idle_loops=max_idle_loops),
        observer=diary,
        reload=reload,
    )
    it = RunningDaemon(daemon, diary)
    try:
        yield it
    finally:
        if not it.task.done():
            daemon.stop()
            with_force = asyncio.get_running_loop().call_later(3, daemon.stop)
            try:
                await it.ended()
            finally:
                with_force.cancel()


class Script:
    """A handler that does what the test says, one answer an event, and can be held."""

    def __init__(self, *answers: Exception | str | None) -> None:
        self.answers = list(answers)
        self.seen: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_once = 0
        self.most_at_once = 0

    async def __call__(self, event: Event) -> str | None:
        self.seen.append(event.id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
        finally:
            self.at_once -= 1
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


async def drain(engine: Engine) -> int:
    """Run until one poll finds nothing."""
    async with running(engine, max_idle_loops=1) as it:
        return await it.ended()


async def until(condition: Callable[[], bool | Awaitable[bool]], limit: float = 40) -> None:
    """Wait for something outside this process, which cannot signal."""
    async with asyncio.timeout(limit):
        while True:
            answer = condition()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(0.02)
