"""Helpers: a stand-in of the Internet Archive beside scripted documents of the web service.

``actual_plugin`` has the fixtures.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from artwork_indexer.archive.download import Downloads
from artwork_indexer.archive.metadata import Archive as Records
from artwork_indexer.archive.metadata_write import MetadataWriter
from artwork_indexer.archive.s3 import S3
from artwork_indexer.archive.tasks import Tasks
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.index_json import Image
from artwork_indexer.musicbrainz.webservice import WebService
from artwork_indexer.projects import BY_ENTITY_TYPE
from artwork_indexer.redirects import Redirects
from artwork_indexer.remotes import Remotes
from artwork_indexer.sandbox.internet_archive import Archive, Content, Item, create_app
from artwork_indexer.sandbox.internet_archive.populate import healthy_item
from audit.actual import read_item
from audit.states import (
    Actual,
    ArtworkFlags,
    Evidence,
    Expected,
    Life,
    ReleaseFields,
    fields_digest,
)
from tests.http_fixtures import Reply, say

GID = "6a0b3f2c-1a9e-4c0e-9d52-0c4d5b1d7c11"
OTHER = "2198f7b1-658c-4217-8cae-f63abe0b2391"
ITEM = f"mbid-{GID}"
INDEX = "index.json"
XML = f"{ITEM}_mb_metadata.xml"
KEYS = {"release": "LOW caa-access:caa-secret", "event": "LOW eaa-access:eaa-secret"}
FIELDS = ReleaseFields(
    title="ø",
    status=None,
    language=None,
    artists=(),
    events=(),
    barcode=None,
    asin=None,
    artwork=ArtworkFlags(artwork=True, count=1, front=True, back=False, darkened=False),
)


def image(number: int = 7, suffix: str = "jpg", comment: str = "") -> Image:
    return Image(number, suffix, True, True, False, comment, 1, ("Front",))


def document(gid: str = GID, title: str = "ø", entity: str = "release") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#"><{entity} id="{gid}">'
        f"<title>{title}</title></{entity}></metadata>\n"
    ).encode()


def expected(
    *images: Image,
    gid: str = GID,
    life: Life = Life.LIVE,
    entity_type: str = "release",
    redirected_gids: Sequence[str] = (),
) -> Expected:
    return Expected(
        entity_type=entity_type,
        gid=gid,
        life=life,
        merged_into=OTHER if life is Life.MERGED else None,
        images=images,
        fields=FIELDS if life is Life.LIVE else None,
        fingerprint="x",
        redirected_gids=tuple(redirected_gids),
    )


def evidence(stored: bytes, digest: str = fields_digest(FIELDS)) -> Evidence:
    """What a clean audit leaves when it saw these bytes as the document."""
    return Evidence(xml_md5=hashlib.md5(stored).hexdigest(), fields_digest=digest)


NOTHING_KNOWN = Evidence()


def remotes_of(client: HttpClient, url: str, *, web_service: bool = True) -> Remotes:
    """The services of the stand-ins at a base URL, without limits."""
    redirects = Redirects([f"{url}/metadata/{{item}}"])
    service = Service(client, Gate("archive", pause_seconds=9), redirects=redirects)
    s3 = S3(service, url + "/s3/{bucket}/{file}", lambda project: KEYS[project.entity_type])
    metadata_url = url + "/metadata/{item}"
    return Remotes(
        reads=service,
        writes=service,
        s3=s3,
        archive=Records(service, metadata_url=metadata_url, details_url=url + "/details/{item}"),
        downloads=Downloads(service, url + "/download/{item}/{file}"),
        metadata=MetadataWriter(service, metadata_url, s3.require_keys),
        tasks=Tasks(service, url + "/services/tasks.php", s3.require_keys),
        webservice=WebService(Service(client, Gate("musicbrainz")), url) if web_service else None,
    )


@dataclass
class Outside:
    """The world outside: items in ``archive``, answers of the web service in ``documents``."""

    archive: Archive
    client: HttpClient
    url: str = ""
    documents: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Paths that the web service was asked for."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.raw_path)
        return await self.documents.get(request.path, say(500))(request)

    def remotes(self, *, web_service: bool = True) -> Remotes:
        return remotes_of(self.client, self.url, web_service=web_service)

    def healthy(self, wanted: Expected) -> Item:
        """Make the item as it should be, and let the web service have its document."""
        body = document(wanted.gid, entity=wanted.entity_type)
        self.documents[f"/ws/2/{wanted.entity_type}/{wanted.gid}"] = say(200, body)
        return healthy_item(self.archive, wanted.project, wanted.gid, wanted.images, body)

    def store(self, name: str, body: bytes, item: str = ITEM) -> None:
        self.archive.items[item].put(name, Content.of(body), self.archive.clock.now())

    async def read(
        self,
        wanted: Expected,
        known: Evidence = NOTHING_KNOWN,
        *,
        web_service: bool = True,
    ) -> Actual:
        project = BY_ENTITY_TYPE[wanted.entity_type]
        return await read_item(self.remotes(web_service=web_service), project, wanted, known)

    @property
    def requests(self) -> list[str]:
        """Which parts of the Internet Archive were asked, in order."""
        return [entry.target.split("/")[1] for entry in self.archive.journal]


@asynccontextmanager
async def served(client: HttpClient) -> AsyncIterator[Outside]:
    outside = Outside(Archive(), client)

    def add_web_service(app: web.Application) -> None:
        app.router.add_route("*", "/ws/2/{path:.*}", outside.serve)

    async with TestServer(create_app(outside.archive, add_web_service)) as server:
        outside.url = f"http://{server.host}:{server.port}"
        yield outside
        outside.archive.faults.clear()
