"""Recorded answers served byte for byte over HTTP, and the daemon that audits them."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.request
from asyncio import to_thread
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from psycopg.types.json import Jsonb

from artwork_indexer.archive import names
from artwork_indexer.database import Database
from artwork_indexer.projects import BY_ENTITY_TYPE
from artwork_indexer.sandbox.webservice import WebService
from audit.states import Evidence, Expected, fields_digest
from tests.audit.auditor_fixtures import DaemonStage
from tests.audit.expected_fixtures import read_one
from tests.audit.queue_fixtures import Entities
from tests.audit.recorded_rows import MusicBrainz, suffix_of

LONG_AGO = 1_500_000_000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Outside:
    """The world outside: bodies by path. What is missing is 404, or rendered if it is ``/ws/2``."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    """By path, where it is not 200."""
    journal: list[tuple[str, str]] = field(default_factory=list)
    written: dict[str, bytes] = field(default_factory=dict)
    """What came in, by item and file."""

    def application(self, webservice: WebService) -> web.Application:
        @web.middleware
        async def recorded_first(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.journal.append((request.method, request.path))
            body = self.bodies.get(request.path)
            if body is None:
                return await handler(request)
            return web.Response(body=body, status=self.statuses.get(request.path, 200))

        app = web.Application(middlewares=[recorded_first])
        app.router.add_put("/s3/{item}/{file}", self._put)
        webservice.add_to(app)
        return app

    async def _put(self, request: web.Request) -> web.Response:
        item, file, body = *request.match_info.values(), await request.read()
        self.written[f"{item}/{file}"] = body
        self.store(item, file, body)
        return web.Response()

    def store(self, item: str, file: str, body: bytes) -> None:
        """As when the Internet Archive has run the task of a write."""
        self.bodies[f"/download/{item}/{file}"] = body
        record = json.loads(self.bodies[f"/metadata/{item}"])
        others = [entry for entry in record["files"] if entry["name"] != file]
        record["files"] = [*others, file_entry(file, body)]
        record["files_count"] = len(record["files"])
        record["item_last_updated"] = int(time.time())
        self.bodies[f"/metadata/{item}"] = json.dumps(record).encode()

    def asked(self, start: str) -> list[str]:
        """The paths under this one that were asked for."""
        return [path for _, path in self.journal if path.startswith(start)]


@dataclass(kw_only=True)
class RecordedStage(DaemonStage):
    """A MusicBrainz database without any entity, and nothing but what was recorded outside."""

    outside: Outside
    musicbrainz: MusicBrainz

    async def expected(self, gid: str, entity_type: str = "release") -> Expected:
        async with Database(self.conninfo, size=1, prepared=False, name="test") as database:
            return await read_one(database, gid, entity_type)

    async def watch(
        self, gid: str, *, xml_md5: str | None = None, entity_type: str = "release"
    ) -> None:
        """Put an entity under audit; ``xml_md5`` is what the last clean audit saw."""
        self.musicbrainz.quiet()
        evidence = Evidence()
        if xml_md5 is not None:
            fields = (await self.expected(gid, entity_type)).fields
            assert fields is not None
            evidence = Evidence(xml_md5=xml_md5, fields_digest=fields_digest(fields))
        self.rows.seed_one(gid, entity_type=entity_type, evidence=Jsonb(evidence.to_json()))

    async def document(self, gid: str, entity_type: str = "release") -> bytes:
        """What the web service says now, with the includes of the indexer."""
        includes = BY_ENTITY_TYPE[entity_type].ws_includes
        url = f"{self.url}/ws/2/{entity_type}/{gid}?inc={includes}"
        body = await to_thread(_get, url)
        self.outside.journal.clear()
        return body

    def kinds(self, gid: str) -> dict[str, int]:
        """How many findings of each kind."""
        found = self.findings(gid)
        return {kind: found.count(kind) for kind in found}

    def verdict(self, gid: str) -> tuple[str, dict[str, int]]:
        return self.states()[gid], self.kinds(gid)

    def kept(self, gid: str) -> Evidence:
        return Evidence.from_json(self.rows.entity(gid)["evidence"])

    def reason(self, gid: str) -> str | None:
        """Why there was no verdict."""
        reason: str | None = self.rows.entity(gid)["deferral_reason"]
        return reason

    @property
    def methods(self) -> set[str]:
        return {method for method, _ in self.outside.journal}


@asynccontextmanager
async def recorded_stage(conninfo: str, directory: Path) -> AsyncIterator[RecordedStage]:
    outside = Outside()
    async with TestServer(outside.application(WebService(conninfo))) as server:
        rows = Entities(conninfo)
        try:
            stage = RecordedStage(
                url=f"http://{server.host}:{server.port}",
                conninfo=conninfo,
                directory=directory,
                rows=rows,
                outside=outside,
                musicbrainz=MusicBrainz(rows),
            )
            stage.settings["mode"] = "report"
            yield stage
        finally:
            rows.close()


def file_entry(name: str, body: bytes, **more: str) -> dict[str, Any]:
    """A file as a metadata record lists it: numbers are text."""
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    listed = {"md5": md5, "size": str(len(body)), "mtime": str(LONG_AGO), "format": "Unknown"}
    return {"name": name, "source": "original", **listed, **more}


def make_record(
    gid: str,
    entries: Iterable[Mapping[str, Any]],
    files: Mapping[str, bytes],
    entity_type: str = "release",
) -> bytes:
    """The metadata record of an item with these images and other files, settled long ago."""
    project, item = BY_ENTITY_TYPE[entity_type], names.item(gid)
    listed = [file_entry(name, body) for name, body in files.items()]
    for entry in entries:
        number = int(entry["id"])
        original = names.image(gid, number, suffix_of(entry))
        listed.append(file_entry(original, original.encode()))
        for size in names.THUMBNAIL_SIZES:
            name = names.thumbnail(gid, number, size)
            thumbnail = {"source": "derivative", "original": original}
            listed.append(file_entry(name, name.encode(), **thumbnail))
    listed.append(file_entry(f"{item}_meta.xml", b"<metadata/>"))
    listed.append({"name": f"{item}_files.xml", "source": "original", "md5": "0" * 32})
    metadata = {
        "identifier": item,
        "collection": project.collection,
        "mediatype": "image",
        "noindex": "true",
        "uploader": project.uploader,
    }
    return json.dumps(
        {
            "created": LONG_AGO,
            "files": listed,
            "files_count": len(listed),
            "item_last_updated": LONG_AGO,
            "metadata": metadata,
        }
    ).encode()


def md5_of_document(record: bytes, gid: str) -> str:
    """The md5 of the document that an item holds, as its record lists it."""
    (md5,) = (
        entry["md5"]
        for entry in json.loads(record)["files"]
        if entry["name"] == names.metadata_xml(gid)
    )
    return str(md5)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        body: bytes = answer.read()
        return body
