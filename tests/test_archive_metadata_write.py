"""The Metadata Write API: patches, their guards, and every answer to them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from artwork_indexer.archive.metadata import Files, Present
from artwork_indexer.archive.metadata_write import (
    COLLECTION,
    MEDIATYPE,
    NOINDEX,
    MetadataWriter,
    Operation,
    patch,
    wrong_fields,
)
from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    Overloaded,
    PermanentError,
    TransientError,
)
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.projects import CAA, EAA
from artwork_indexer.redirects import Redirects
from tests.archive_standin_fixtures import GID, ITEM, KEYS, StandIn
from tests.http_fixtures import Reply, Script, drop, say

pytest_plugins = ["tests.http_plugin", "tests.archive_standin_plugin"]

RIGHT = {"collection": "coverartarchive", "noindex": "true", "mediatype": "image"}
OPERATIONS: list[Operation] = [{"op": "add", "path": "/noindex", "value": "true"}]


def record(**metadata: object) -> Present:
    fields = {"uploader": CAA.uploader, **RIGHT, **metadata}
    present = {name: value for name, value in fields.items() if value is not None}
    return Present(Files({}), present, 0, tasks_pending=False, tasks_red=False)


@pytest.mark.parametrize(
    ("metadata", "wrong"),
    [
        ({}, ()),
        ({"collection": ["fav-bob", "coverartarchive"], "noindex": "True"}, ()),
        ({"noindex": None}, (NOINDEX,)),
        ({"noindex": "false"}, (NOINDEX,)),
        ({"collection": None, "mediatype": "images"}, (COLLECTION, MEDIATYPE)),
        ({"collection": "eventartarchive"}, (COLLECTION,)),
        ({"mediatype": ["image", "image"]}, (MEDIATYPE,)),
    ],
)
def test_which_fields_are_wrong(metadata: dict[str, object], wrong: tuple[str, ...]) -> None:
    assert wrong_fields(CAA, record(**metadata)) == wrong


def test_a_patch_is_guarded_by_what_was_read() -> None:
    assert patch(CAA, record(noindex=None, collection="test"), (COLLECTION, NOINDEX)) == [
        {"op": "test", "path": "/uploader", "value": CAA.uploader},
        {"op": "test", "path": "/collection", "value": "test"},
        {"op": "replace", "path": "/collection", "value": "coverartarchive"},
        {"op": "add", "path": "/noindex", "value": "true"},
    ]


def test_favourites_of_users_are_kept() -> None:
    collections = ["test_collection", "fav-ann", "fav-bob"]
    *_, replaced = patch(EAA, record(collection=collections), (COLLECTION,))
    assert replaced["value"] == ["eventartarchive", "fav-ann", "fav-bob"]


@pytest.fixture
def writer(client: HttpClient, script: Script) -> MetadataWriter:
    template = script.url + "/metadata/{item}"
    service = Service(client, Gate("archive"), redirects=Redirects([template]))
    return MetadataWriter(service, template, lambda _: "LOW an-access:a-secret")


async def test_request(writer: MetadataWriter, script: Script) -> None:
    answer = {"success": True, "task_id": 5, "log": "https://catalogd.archive.org/log/5"}
    script.then(say(200, json.dumps(answer).encode()))
    assert await writer.write(CAA, GID, OPERATIONS)
    (sent,) = script.journal
    assert (sent.method, sent.path) == ("POST", f"/metadata/{ITEM}")
    assert sent.header("authorization") == "LOW an-access:a-secret"
    assert sent.header("content-type") == "application/x-www-form-urlencoded"
    assert sent.header("x-accept-reduced-priority") == "1"
    form = parse_qs(sent.body.decode(), strict_parsing=True)
    assert form.keys() == {"-target", "-patch"}
    assert form["-target"] == ["metadata"]
    assert json.loads(form["-patch"][0]) == OPERATIONS


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("text", ["no changes to _meta.xml", "No changes made to _meta.xml"])
async def test_nothing_to_change_is_success(
    writer: MetadataWriter, script: Script, status: int, text: str
) -> None:
    script.then(failed(status, text))
    assert not await writer.write(CAA, GID, OPERATIONS)


def failed(status: int, error: str) -> Reply:
    return say(status, json.dumps({"success": False, "error": error}).encode())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (failed(400, "you may not change mediatype"), PermanentError),
        (failed(400, "patch test failed at /noindex"), TransientError),
        (failed(200, "the item is busy"), TransientError),
        (say(400, b"<html>Bad request</html>"), TransientError),
        (say(200, b"<html>Maintenance</html>"), TransientError),
        (say(200, b'{"success": "yes"}'), TransientError),
        (say(200, b"[]"), TransientError),
        (say(200, b"\xff"), TransientError),
        (say(200), TransientError),
        (say(500), TransientError),
        (drop, TransientError),
        (failed(401, "wrong keys"), CredentialsRefused),
        (failed(403, "wrong keys"), CredentialsRefused),
        (failed(401, "you lack sufficient privileges to edit this item"), PermanentError),
        (failed(429, "too many pending metadata writes"), Overloaded),
        (say(503, retry_after="3"), Overloaded),
        (failed(404, "no such item"), PermanentError),
    ],
)
async def test_refusals(
    writer: MetadataWriter, script: Script, reply: Reply, expected: type[EventError]
) -> None:
    script.then(reply)
    with pytest.raises(EventError) as raised:
        await writer.write(CAA, GID, OPERATIONS)
    assert type(raised.value) is expected


async def test_keys_do_not_show_in_errors(writer: MetadataWriter, script: Script) -> None:
    script.then(failed(400, "an-access:a-secret may not, says a-secret of an-access"))
    with pytest.raises(PermanentError) as raised:
        await writer.write(CAA, GID, OPERATIONS)
    assert "secret" not in str(raised.value)
    assert "an-access" not in str(raised.value)


async def write(standin: StandIn, operations: list[dict[str, Any]]) -> bool:
    async with HttpClient("test") as client:
        service = Service(client, Gate("archive"))
        writer = MetadataWriter(
            service, standin.url + "/metadata/{item}", lambda _: KEYS["authorization"]
        )
        return await writer.write(CAA, GID, operations)


async def test_stand_in(standin: StandIn) -> None:
    standin.archive.create(ITEM, CAA.uploader, {"collection": "test", "mediatype": "image"})
    wrong = record(collection="test", noindex=None)
    operations = patch(CAA, wrong, wrong_fields(CAA, wrong))
    assert await write(standin, operations)
    metadata = (await standin.record())["metadata"]
    assert (metadata["collection"], metadata["noindex"]) == ("coverartarchive", "true")
    with pytest.raises(TransientError):
        await write(standin, operations)
    assert not await write(standin, OPERATIONS)
    with pytest.raises(PermanentError, match="you may not change mediatype"):
        await write(standin, patch(CAA, record(mediatype="image"), (MEDIATYPE,))[:1] + MOVIES)


MOVIES: list[Operation] = [{"op": "replace", "path": "/mediatype", "value": "movies"}]


async def test_reduced_priority_instead_of_a_refusal(standin: StandIn) -> None:
    standin.archive.settings.metadata_write_ration = 0
    standin.archive.create(ITEM, CAA.uploader)
    assert await write(standin, OPERATIONS)
