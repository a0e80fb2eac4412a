"""Helpers: a served stand-in of the Internet Archive and the requests tests make to it.

The fixtures stand in archive_standin_plugin.py, for a plugin must not be imported before
pytest does it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from artwork_indexer.sandbox.internet_archive import Archive, Item, create_app

GID = "6a0b3f2c-1a9e-4c0e-9d52-0c4d5b1d7c11"
ITEM = f"mbid-{GID}"
KEYS = {"authorization": "LOW caa-access:caa-secret"}
UPLOADER = "caa@musicbrainz.org"
CREATE = {
    **KEYS,
    "x-archive-auto-make-bucket": "1",
    "x-archive-meta-collection": "coverartarchive",
    "x-archive-meta-mediatype": "image",
    "x-archive-meta-noindex": "true",
}
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#"><release id="{GID}">
<title>蒼穹の彼方</title><text-representation><language>jpn</language></text-representation>
<artist-credit><name-credit><name>YMO</name><artist id="ac5af671-1df0-4312-8b7b-e61992ecc883">
<name>Yellow Magic Orchestra</name><sort-name>Yellow Magic Orchestra</sort-name>
</artist></name-credit></artist-credit>
<date>1983-05</date><barcode>4562109401813</barcode><asin>B00007KKZ3</asin>
</release></metadata>""".encode()


def image(number: int, extension: str = "jpg", gid: str = GID) -> str:
    return f"mbid-{gid}-{number}.{extension}"


def index(*images: str) -> bytes:
    """Return an index.json that lists these images, given as "<id>.<extension>"."""
    release = f"https://coverartarchive.org/release/{GID}"
    return json.dumps({"images": [{"image": f"{release}/{one}"} for one in images]}).encode()


class StandIn:
    """An archive, its address, and an HTTP client."""

    def __init__(self, archive: Archive, url: str, session: aiohttp.ClientSession) -> None:
        self.archive = archive
        self.url = url
        self.session = session

    def item(self, identifier: str = ITEM) -> Item:
        return self.archive.items[identifier]

    async def send(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        data: bytes | dict[str, str] | None = None,
    ) -> tuple[int, str]:
        request = self.session.request(
            method, self.url + path, headers=headers, data=data, allow_redirects=False
        )
        async with request as answer:
            return answer.status, await answer.text()

    async def put(
        self, key: str, data: bytes = b"", item: str = ITEM, **headers: str
    ) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.send("PUT", f"/s3/{item}/{key}", {**CREATE, **named}, data)

    async def delete(self, key: str, item: str = ITEM, **headers: str) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.send("DELETE", f"/s3/{item}/{key}", {**KEYS, **named})

    async def json(self, path: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        async with self.session.get(self.url + path, headers=headers) as answer:
            value = await answer.json()
            assert isinstance(value, dict)
            return value

    async def send_and_follow(self, path: str) -> bytes:
        async with self.session.get(self.url + path) as answer:
            return await answer.read()

    async def record(self, item: str = ITEM) -> dict[str, Any]:
        return await self.json(f"/metadata/{item}")

    async def names(self, item: str = ITEM) -> list[str]:
        return [entry["name"] for entry in (await self.record(item)).get("files", [])]


@asynccontextmanager
async def served(archive: Archive) -> AsyncIterator[StandIn]:
    async with TestServer(create_app(archive)) as server, aiohttp.ClientSession() as session:
        yield StandIn(archive, str(server.make_url("")).rstrip("/"), session)
        archive.faults.clear()
