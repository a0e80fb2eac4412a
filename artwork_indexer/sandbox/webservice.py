"""A stand-in for the MusicBrainz web service, ``/ws/2/release`` and ``/ws/2/event``.

It renders the documents from the MusicBrainz slice and knows the ugly answers too: 301 with
a body for merged and upper-case MBIDs, error documents, 304, and faults on demand. Unlike the
real one it speaks XML only and knows only the includes that the indexer asks for.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web
from psycopg_pool import AsyncConnectionPool

from artwork_indexer.sandbox.webservice_documents import (
    Record,
    error_document,
    event_document,
    release_document,
)
from artwork_indexer.sandbox.webservice_faults import Fault, Faults

QUERIES: Final = Path(__file__).parent / "queries"
GID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
CONTENT_TYPE: Final = {"content-type": "application/xml; charset=utf-8"}
ACCEPTABLE: Final = frozenset({"*/*", "application/*", "application/xml", "text/xml"})


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of entity is read and rendered."""

    query: bytes
    render: Callable[[Record, frozenset[str]], bytes]
    includes: frozenset[str]


KINDS: Final = {
    "release": Kind(
        (QUERIES / "release_document.sql").read_bytes(),
        release_document,
        frozenset({"artists", "artist-credits"}),
    ),
    "event": Kind(
        (QUERIES / "event_document.sql").read_bytes(),
        event_document,
        frozenset({"artist-rels", "place-rels"}),
    ),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request that came in; ``path_qs`` is as sent, nothing decoded."""

    method: str
    path_qs: str
    headers: Mapping[str, str]

    @property
    def database(self) -> str | None:
        """The database asked for by the header ``mb-set-database``."""
        return self.headers.get("mb-set-database")


@dataclass(slots=True)
class WebService:
    """The stand-in for one database; ``journal`` and ``faults`` are for the tests."""

    conninfo: str
    connections: int = 4
    faults: Faults = field(default_factory=Faults)
    journal: list[Request] = field(default_factory=list)
    _pool: AsyncConnectionPool | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def application(self) -> web.Application:
        """An application that serves nothing else."""
        application = web.Application()
        self.add_to(application)
        return application

    def add_to(self, application: web.Application) -> None:
        """Serve ``/ws/2/`` as part of an application, which opens and closes the connections."""
        application.router.add_route("*", "/ws/2/{entity_type}/{gid}", self._handle)
        application.cleanup_ctx.append(self._connected)
        application.on_shutdown.append(self._stop)

    async def _connected(self, _application: web.Application) -> AsyncIterator[None]:
        pool = AsyncConnectionPool(
            self.conninfo,
            min_size=1,
            max_size=self.connections,
            open=False,
            kwargs={"autocommit": True},
        )
        async with pool:
            self._pool = pool
            yield
            self._pool = None

    async def _stop(self, _application: web.Application) -> None:
        self._stopping.set()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path_qs = request.raw_path
        self.journal.append(Request(request.method, path_qs, request.headers))
        fault = self.faults.take(path_qs)
        if fault is not None:
            return await self._spoil(request, fault)
        return await self._answer(request)

    async def _spoil(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.hang:
            await self._stopping.wait()
        response: web.StreamResponse
        if fault.cut:
            response = web.StreamResponse(status=fault.status, headers=fault.headers)
            response.content_length = len(fault.body) + 1000
            await response.prepare(request)
            await response.write(fault.body)
        else:
            response = web.Response(status=fault.status, body=fault.body, headers=fault.headers)
        if (fault.cut or fault.hang) and request.transport is not None:
            request.transport.close()
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        kind = KINDS.get(request.match_info["entity_type"])
        if kind is None:
            return _error(404, "Not Found")
        includes = frozenset(request.query.get("inc", "").split())
        refusal = _refusal(request, includes - kind.includes)
        if refusal is not None:
            return refusal
        record = await self._record(kind, request.match_info["gid"])
        if record is None:
            return _error(404, "Not Found")
        return _found(request, record["gid"], kind.render(record, includes))

    async def _record(self, kind: Kind, gid: str) -> Record | None:
        assert self._pool is not None, "the application is not running"
        async with self._pool.connection() as connection:
            cursor = await connection.execute(kind.query, {"gid": gid})
            row = await cursor.fetchone()
        return None if row is None else row[0]


def _acceptable(accept: str) -> bool:
    """Whether XML is among the media types; quality factors are ignored."""
    return any(part.split(";")[0].strip() in ACCEPTABLE for part in accept.split(","))


def _refusal(request: web.Request, unknown_includes: frozenset[str]) -> web.Response | None:
    """The answer to a request that is wrong whatever the database holds."""
    if request.method not in {"GET", "HEAD"}:
        return _error(405, "Method Not Allowed")
    if not _acceptable(request.headers.get("accept", "*/*")):
        return _error(406, "Invalid format. Only XML is spoken here.")
    if not GID.fullmatch(request.match_info["gid"]):
        return _error(400, "Invalid mbid.")
    if unknown_includes:
        return _error(400, f"{min(unknown_includes)} is not a valid inc parameter here.")
    return None


def _error(status: int, message: str) -> web.Response:
    return web.Response(status=status, body=error_document(message), headers=CONTENT_TYPE)


def _found(request: web.Request, gid: str, body: bytes) -> web.Response:
    """200, 304 when the client has this body, 301 when the entity goes by another gid."""
    headers = {**CONTENT_TYPE, "etag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}
    asked = request.match_info["gid"]
    if asked != gid:
        headers["location"] = f"{request.scheme}://{request.host}" + request.raw_path.replace(
            asked, gid, 1
        )
        return web.Response(status=301, body=body, headers=headers)
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return web.Response(status=304, headers={"etag": headers["etag"]})
    return web.Response(body=body, headers=headers)
