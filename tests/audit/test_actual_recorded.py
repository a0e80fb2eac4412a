"""Recorded items of the Internet Archive, served byte for byte."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from artwork_indexer.archive import names
from artwork_indexer.http import HttpClient
from artwork_indexer.index_json import Image
from artwork_indexer.projects import CAA
from audit.actual import read_item
from audit.states import (
    Actual,
    Content,
    Dark,
    Evidence,
    Expected,
    Item,
    Matches,
    Missing,
    Unreadable,
    fields_digest,
)
from tests.audit.actual_fixtures import FIELDS, expected, remotes_of
from tests.recorded import recorded

HEALTHY = "02cd52d7-2d0c-41a4-bf9c-59894bebab8c"
OLD = "8dd38d9f-eae6-47a7-baa8-eaa467042687"
DARK = "3c556c47-110d-4782-a607-c93e486bccf8"
STRANGER = "coverartarchive_audit_20210419"


@dataclass
class Recordings:
    """A server of recorded answers; everything else is not found."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    journal: list[str] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        self.journal.append(request.path)
        body = self.bodies.get(request.path)
        return web.Response(status=404) if body is None else web.Response(body=body)


@pytest.fixture
def recordings() -> Recordings:
    return Recordings()


Read = Callable[[Expected, Evidence], Any]


@pytest.fixture
async def read(recordings: Recordings) -> AsyncIterator[Read]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", recordings.serve)
    async with TestServer(app) as server, HttpClient("test") as client:
        remotes = remotes_of(client, f"http://{server.host}:{server.port}", web_service=False)

        async def read(wanted: Expected, known: Evidence) -> Actual:
            return await read_item(remotes, CAA, wanted, known)

        yield read


def rows(index: bytes) -> tuple[Image, ...]:
    """The rows of the database that a recorded index.json was written from."""
    return tuple(
        Image(
            id=int(entry["id"]),
            suffix=entry["image"].rpartition(".")[2],
            approved=entry["approved"],
            front=entry["front"],
            back=entry["back"],
            comment=entry["comment"],
            edit=entry["edit"],
            types=tuple(entry["types"]),
        )
        for entry in json.loads(index)["images"]
    )


def evidence_of(record: bytes, gid: str) -> Evidence:
    """As after a clean audit that saw the document listed there."""
    (md5,) = [
        entry["md5"]
        for entry in json.loads(record)["files"]
        if entry["name"] == names.metadata_xml(gid)
    ]
    return Evidence(xml_md5=md5, fields_digest=fields_digest(FIELDS))


async def test_item_of_2025_is_proven_by_one_request(recordings: Recordings, read: Read) -> None:
    record = recorded(f"metadata/mbid-{HEALTHY}.json")
    recordings.bodies[f"/metadata/mbid-{HEALTHY}"] = record
    images = rows(recorded(f"index_json/python_2025_{HEALTHY}.json"))
    found = await read(expected(*images, gid=HEALTHY), evidence_of(record, HEALTHY))
    assert isinstance(found, Item)
    assert (found.index, found.xml) == (Matches(), Matches())
    assert recordings.journal == [f"/metadata/mbid-{HEALTHY}"]


async def test_one_changed_comment_shows(recordings: Recordings, read: Read) -> None:
    record = recorded(f"metadata/mbid-{HEALTHY}.json")
    index = recorded(f"index_json/python_2025_{HEALTHY}.json")
    recordings.bodies |= {
        f"/metadata/mbid-{HEALTHY}": record,
        f"/download/mbid-{HEALTHY}/index.json": index,
    }
    first, *others = rows(index)
    images = (replace(first, comment="new"), *others)
    found = await read(expected(*images, gid=HEALTHY), evidence_of(record, HEALTHY))
    assert isinstance(found, Item)
    assert (found.index, found.xml) == (Content(index), Matches())


async def test_item_of_2015_has_to_be_looked_into(recordings: Recordings, read: Read) -> None:
    record = recorded(f"metadata/mbid-{OLD}.json")
    index = recorded(f"index_json/perl_2015_{OLD}.json")
    recordings.bodies |= {
        f"/metadata/mbid-{OLD}": record,
        f"/download/mbid-{OLD}/index.json": index,
    }
    found = await read(expected(*rows(index), gid=OLD), evidence_of(record, OLD))
    assert isinstance(found, Item)
    assert (found.index, found.xml) == (Content(index), Matches())


async def test_bytes_of_another_item_are_not_believed(recordings: Recordings, read: Read) -> None:
    recordings.bodies |= {
        f"/metadata/mbid-{OLD}": recorded(f"metadata/mbid-{OLD}.json"),
        f"/download/mbid-{OLD}/index.json": recorded(f"index_json/python_2025_{HEALTHY}.json"),
    }
    images = rows(recorded(f"index_json/perl_2015_{OLD}.json"))
    assert isinstance(await read(expected(*images, gid=OLD), Evidence()), Unreadable)


async def test_dark_item(recordings: Recordings, read: Read) -> None:
    recordings.bodies[f"/metadata/mbid-{DARK}"] = recorded(f"metadata/dark_mbid-{DARK}.json")
    assert await read(expected(gid=DARK), Evidence()) == Dark()


@pytest.mark.parametrize("name", ["missing_e3e23e23r32r32", "missing_mbid-8dd38d9f-*"])
async def test_missing_item(recordings: Recordings, read: Read, name: str) -> None:
    recordings.bodies[f"/metadata/mbid-{OLD}"] = recorded(f"metadata/{name}.json")
    assert await read(expected(gid=OLD), Evidence()) == Missing()
    recordings.bodies[f"/details/mbid-{OLD}"] = b"<html>here it is</html>"
    assert isinstance(await read(expected(gid=OLD), Evidence()), Unreadable)


async def test_record_of_a_stranger(recordings: Recordings, read: Read) -> None:
    recordings.bodies[f"/metadata/mbid-{OLD}"] = recorded(f"metadata/edited_{STRANGER}.json")
    found = await read(expected(gid=OLD), Evidence())
    assert found == Unreadable("The metadata record: it is not about this item.")
