"""Downloads: only bytes that the record lists are believed."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from artwork_indexer.archive.download import Downloads
from artwork_indexer.archive.metadata import File
from artwork_indexer.errors import EventError, PermanentError, TransientError
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.redirects import Redirects
from tests.http_fixtures import Reply, Script, drop, say, truncate

pytest_plugins = ["tests.http_plugin"]


def file(body: bytes, name: str = "index.json") -> File:
    md5 = hashlib.md5(body).hexdigest()
    return File(name, md5, None, len(body), "original", None)


@pytest.fixture
def downloads(client: HttpClient, script: Script) -> Downloads:
    template = script.url + "/download/{item}/{file}"
    service = Service(client, Gate("archive"), redirects=Redirects([template]))
    return Downloads(service, template)


async def test_redirect_to_a_node(downloads: Downloads, script: Script) -> None:
    script.then(say(302, location="/node/1/index.json"), say(200, b"stored"))
    assert await downloads.fetch("mbid-x", file(b"stored")) == b"stored"
    first, second = script.journal
    assert (first.path, second.path) == ("/download/mbid-x/index.json", "/node/1/index.json")
    assert first.header("cache-control") == second.header("cache-control") == "no-cache"
    assert first.header("authorization") is None


async def test_empty_file(downloads: Downloads, script: Script) -> None:
    script.then(say(200, b""), say(200, b"not empty"))
    assert await downloads.fetch("x", file(b"")) == b""
    with pytest.raises(TransientError):
        await downloads.fetch("x", file(b""))


async def test_packed_answer(downloads: Downloads, script: Script) -> None:
    script.then(say(200, gzip.compress(b"stored"), content_encoding="gzip"))
    assert await downloads.fetch("x", file(b"stored")) == b"stored"


async def test_names_are_quoted(downloads: Downloads, script: Script) -> None:
    script.then(say(200, b"x"))
    await downloads.fetch("x", file(b"x", "history/files/index.json.~1~"))
    await downloads.fetch("x", file(b"x", "a b?#é%.jpg"))
    assert [recorded.path for recorded in script.journal] == [
        "/download/x/history/files/index.json.~1~",
        "/download/x/a%20b%3F%23%C3%A9%25.jpg",
    ]


@pytest.mark.parametrize(
    "reply",
    [
        say(200, b"STORED"),
        say(200, b"store"),
        say(200, b"stored and more"),
        say(200, b"<html>"),
        say(200),
        say(206, b"sto"),
        say(500, b"<html>", content_type="image/jpeg"),
        truncate,
        drop,
    ],
)
async def test_anything_else_may_be_right_later(
    downloads: Downloads, script: Script, reply: Reply
) -> None:
    script.then(reply)
    with pytest.raises(TransientError):
        await downloads.fetch("x", file(b"stored"))


@pytest.mark.parametrize(
    "reply", [say(404), say(403), say(302, location="http://example.org/x"), say(302)]
)
async def test_refusals(downloads: Downloads, script: Script, reply: Reply) -> None:
    script.then(reply)
    with pytest.raises(PermanentError):
        await downloads.fetch("x", file(b"stored"))


@pytest.mark.parametrize(
    "entry",
    [
        File("index.json", None, None, 5, None, None),
        File("index.json", "0" * 32, None, None, None, None),
    ],
)
async def test_file_without_a_checksum_is_not_asked_for(
    downloads: Downloads, script: Script, entry: File
) -> None:
    with pytest.raises(EventError, match="no checksum or size of index"):
        await downloads.fetch("x", entry)
    assert script.journal == []
