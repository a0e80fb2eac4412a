"""``/health/live``, ``/health/ready`` and ``/metrics`` on one small server in the loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from artwork_indexer.database import Database, query
from artwork_indexer.errors import Unreachable
from artwork_indexer.migration_files import schema_files
from artwork_indexer.observer import Observer

log = logging.getLogger(__name__)

PROGRESS_SECONDS: Final = 60.0
"""The loop shows progress every 15 seconds; after this long without, it hangs."""
CHECK_SECONDS: Final = 5.0
"""How long a readiness check may take."""
SHUTDOWN_SECONDS: Final = 1.0

Check = Callable[[], Awaitable[str | None]]
Page = Callable[[], Awaitable[bytes]]


class Health(Observer):
    """Knows whether the loop lives and whether it can do its work.

    ``check`` asks the database and returns what is wrong with it, None for nothing;
    ``clock`` is in seconds.
    """

    def __init__(
        self,
        check: Check,
        *,
        progress_seconds: float = PROGRESS_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check = check
        self._progress_seconds = progress_seconds
        self._clock = clock
        self._progressed_at = clock()
        self._is_started = False
        self._is_stopping = False

    def started(self) -> None:
        """The loop begins."""
        self._is_started = True
        self.progressed()

    def stopping(self) -> None:
        """Nothing more is claimed."""
        self._is_stopping = True

    def progressed(self) -> None:
        """The loop took a turn."""
        self._progressed_at = self._clock()

    def not_alive(self) -> str | None:
        """Why the process should be restarted, None if it should not."""
        if self._is_stopping:
            # The loop has ended; the events in hand may take longer than any turn of it.
            return None
        seconds = self._clock() - self._progressed_at
        if seconds < self._progress_seconds:
            return None
        return f"the loop has made no progress for {seconds:.0f} seconds"

    async def not_ready(self) -> list[str]:
        """Why no work is done, empty if it is."""
        if not self._is_started:
            return ["not started yet"]
        reasons = ["stopping"] if self._is_stopping else []
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                problem = await self._check()
        except TimeoutError:
            problem = f"the database did not answer within {CHECK_SECONDS:g} seconds"
        return [*reasons, *filter(None, [problem, self.not_alive()])]


async def schema_problem(database: Database) -> str | None:
    """What is wrong with the database or our schema in it, None for nothing."""
    try:
        rows = await database.fetch(query("applied_migrations"))
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return "the schema artwork_indexer is missing: run artwork-indexer migrate"
    except psycopg.errors.InsufficientPrivilege:
        return "the database role may not read the schema artwork_indexer: see sql/roles.sql"
    except (psycopg.Error, Unreachable):
        return "the database does not answer"
    return version_problem({row["version"] for row in rows})


def version_problem(applied: set[int]) -> str | None:
    """What the numbers of the applied migrations say."""
    known = {migration.version for migration in schema_files().migrations}
    if applied - known:
        return "the schema is newer than this program: install a newer artwork-indexer"
    if known - applied:
        return "the schema is older than this program: run artwork-indexer migrate"
    return None


class StatusServer:
    """Serves the pages; a port that is taken costs only the pages, never the daemon."""

    def __init__(self, health: Health, metrics: Page) -> None:
        self._health = health
        self._metrics = metrics
        self._runner: web.AppRunner | None = None
        self._place: tuple[str, int] | None = None
        self._refused: tuple[str, int] | None = None
        """Where serving failed: said once, not at every try."""

    async def serve(self, host: str, port: int | None) -> int | None:
        """Serve there from now on, and nowhere else; None for nowhere.

        Returns the port, None if nothing is served. Port 0 takes a free one.
        """
        if self._runner is not None and (host, port) == self._place:
            return port
        await self.close()
        if port is None:
            return None
        app = web.Application()
        app.router.add_get("/metrics", self._show_metrics)
        app.router.add_get("/health/live", self._show_live)
        app.router.add_get("/health/ready", self._show_ready)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            self._refuse(host, port, error)
            return None
        self._refused = None
        self._runner = runner
        bound = int(runner.addresses[0][1])
        self._place = (host, bound)
        log.info("metrics and health pages at %s port %d", host, bound, extra={"action": "metrics"})
        return bound

    def _refuse(self, host: str, port: int, error: OSError) -> None:
        if self._refused == (host, port):
            return
        self._refused = (host, port)
        log.warning(
            "no metrics and health pages: %s port %d cannot be used (%s); "
            "free it or change [metrics] host and port",
            host,
            port,
            error.strerror,
            extra={"action": "metrics"},
        )

    async def close(self) -> None:
        """Serve no longer."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = self._place = None

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=await self._metrics(), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def _show_live(self, _request: web.Request) -> web.Response:
        problem = self._health.not_alive()
        return _answer([problem] if problem else [])

    async def _show_ready(self, _request: web.Request) -> web.Response:
        return _answer(await self._health.not_ready())


def _answer(reasons: list[str]) -> web.Response:
    return web.json_response(
        {"status": "problem" if reasons else "ok", "reasons": reasons},
        status=503 if reasons else 200,
    )
