"""The Tasks API: what waits for an item, and asking for derivatives."""

from __future__ import annotations

import json

import pytest

from artwork_indexer.archive.tasks import Summary, Tasks
from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    Overloaded,
    PermanentError,
    TransientError,
)
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.projects import CAA
from tests.archive_standin_fixtures import ITEM, KEYS, StandIn, image, index
from tests.http_fixtures import Reply, Script, drop, say

pytest_plugins = ["tests.http_plugin", "tests.archive_standin_plugin"]


def tasks_at(client: HttpClient, url: str) -> Tasks:
    service = Service(client, Gate("archive"))
    return Tasks(service, url + "/services/tasks.php", lambda _: KEYS["authorization"])


@pytest.fixture
def tasks(client: HttpClient, script: Script) -> Tasks:
    return tasks_at(client, script.url)


async def test_summary(tasks: Tasks, script: Script) -> None:
    counts = {"queued": 1, "running": "2", "error": 3, "paused": 4, "new": 5}
    script.then(say(200, json.dumps({"success": True, "value": {"summary": counts}}).encode()))
    assert await tasks.summary(CAA, ITEM) == Summary(1, 2, 3, 4)
    (sent,) = script.journal
    assert (sent.method, sent.body) == ("GET", b"")
    assert sent.path == f"/services/tasks.php?summary=1&identifier={ITEM}"
    assert sent.header("authorization") == KEYS["authorization"]


async def test_derive(tasks: Tasks, script: Script) -> None:
    script.then(say(200, b'{"success": true, "value": {"task_id": 5, "log": "x"}}'))
    await tasks.derive(CAA, ITEM)
    (sent,) = script.journal
    assert (sent.method, sent.path) == ("POST", "/services/tasks.php")
    assert sent.header("content-type") == "application/json"
    assert json.loads(sent.body) == {"identifier": ITEM, "cmd": "derive.php", "args": {}}


@pytest.mark.parametrize(
    "body",
    [
        b'{"success": true}',
        b'{"success": true, "value": []}',
        b'{"success": true, "value": {"summary": {"queued": 1}}}',
        b'{"success": true, "value": {"summary": [0, 0, 0, 0]}}',
    ],
)
async def test_answer_without_a_summary(tasks: Tasks, script: Script, body: bytes) -> None:
    script.then(say(200, body))
    with pytest.raises(TransientError, match="no summary"):
        await tasks.summary(CAA, ITEM)


def failed(status: int, error: str) -> Reply:
    return say(status, json.dumps({"success": False, "error": error}).encode())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (failed(400, "no such item"), PermanentError),
        (failed(401, "wrong keys"), CredentialsRefused),
        (failed(401, "you lack sufficient privileges for this item"), PermanentError),
        (failed(200, "cannot be queued"), TransientError),
        (failed(429, "too many"), Overloaded),
        (say(200, b"<html>"), TransientError),
        (say(403, b"<html>"), TransientError),
        (say(502), TransientError),
        (drop, TransientError),
    ],
)
async def test_refusals(
    tasks: Tasks, script: Script, reply: Reply, expected: type[EventError]
) -> None:
    script.then(reply)
    with pytest.raises(EventError) as raised:
        await tasks.derive(CAA, ITEM)
    assert type(raised.value) is expected


async def test_stand_in(client: HttpClient, slow_standin: StandIn) -> None:
    tasks = tasks_at(client, slow_standin.url)
    await slow_standin.put(image(1), b"bytes", x_archive_queue_derive="0")
    await slow_standin.put("index.json", index("1.jpg"), x_archive_queue_derive="0")
    assert (await tasks.summary(CAA, ITEM)).queued == 1
    slow_standin.archive.settle()
    assert await tasks.summary(CAA, ITEM) == Summary(0, 0, 0, 0)
    await tasks.derive(CAA, ITEM)
    slow_standin.archive.settle()
    names = await slow_standin.names()
    assert image(1).replace(".jpg", "_thumb500.jpg") in names
