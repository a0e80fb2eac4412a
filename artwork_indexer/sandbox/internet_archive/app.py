"""The stand-in as an aiohttp application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

from artwork_indexer.sandbox.internet_archive.archive import Archive
from artwork_indexer.sandbox.internet_archive.calls import Call, Handler, html_answer
from artwork_indexer.sandbox.internet_archive.control import Control
from artwork_indexer.sandbox.internet_archive.metadata_write import MetadataWrite
from artwork_indexer.sandbox.internet_archive.reading import Reading
from artwork_indexer.sandbox.internet_archive.s3 import S3
from artwork_indexer.sandbox.internet_archive.searching import Searching
from artwork_indexer.sandbox.internet_archive.tasks_api import TasksApi

LARGEST_BODY: Final = 2**30


def create_app(
    archive: Archive, add_routes: Callable[[web.Application], None] | None = None
) -> web.Application:
    """Return an application that answers as the Internet Archive does.

    ``add_routes`` may add routes of other stand-ins; they take precedence.
    """
    app = web.Application(client_max_size=LARGEST_BODY)
    if add_routes is not None:
        add_routes(app)
    app.router.add_route("*", "/{path:.*}", _Dispatcher(archive).handle)
    return app


class _Dispatcher:
    """One handler for everything: cheaper than a route for each path."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        s3 = S3(archive)
        reading = Reading(archive)
        writing = MetadataWrite(archive)
        searching = Searching(archive)
        self._control = Control(archive)
        self._areas: dict[str, Handler] = {
            "s3": s3.handle,
            "s3-node": s3.handle,
            "metadata": lambda call: (
                writing.handle(call) if call.method == "POST" else reading.metadata(call)
            ),
            "download": reading.download,
            "node": reading.node,
            "details": reading.details,
        }
        self._services: dict[str, Handler] = {
            "/services/tasks.php": TasksApi(archive).handle,
            "/services/search/v1/scrape": searching.scrape,
            "/advancedsearch.php": searching.advanced,
            "/changes/v1": searching.changes,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request, then answer it or let a fault do so."""
        body = await request.content.read() if request.body_exists else b""
        call = Call(request, _target(request), body)
        if call.target.startswith("/_sandbox/"):
            return self._control.handle(call)
        entry = self._archive.journal.note(
            method=request.method,
            path=request.raw_path,
            target=call.target,
            headers=request.raw_headers,
            body=body,
            now=self._archive.clock.now(),
        )
        fault = self._archive.faults.take(call)
        if fault is None:
            answer = self._answer(call)
        else:
            answer = await fault(call, lambda: self._answer(call))
        entry.status = answer.status
        return answer

    def _answer(self, call: Call) -> web.StreamResponse:
        self._archive.pump()
        handler = self._areas.get(call.target.split("/", 2)[1])
        handler = handler or self._services.get(call.target)
        return handler(call) if handler else html_answer(404, "Page not found")


def _target(request: web.Request) -> str:
    """Return the decoded path, in path style for S3 whatever the host is."""
    host = request.headers.get("Host", "")
    if host.startswith("s3."):
        return f"/s3{request.path}"
    bucket, dot, _ = host.partition(".s3.")
    return f"/s3/{bucket}{request.path}" if dot else request.path
