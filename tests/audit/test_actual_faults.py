"""Bad answers: the item is unreadable or the service rests; nothing is found or breaks."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import Callable
from functools import partial

import pytest
from aiohttp import web

from artwork_indexer.archive.metadata import LARGEST_RECORD, Present
from artwork_indexer.errors import Outage, Overloaded, ServicePaused
from artwork_indexer.sandbox.internet_archive import fault_kinds
from artwork_indexer.sandbox.internet_archive.calls import Call
from artwork_indexer.sandbox.internet_archive.fault_kinds import KINDS, Answer, Fault, Hang
from audit.actual import read_item
from audit.states import (
    Actual,
    Dark,
    Evidence,
    Item,
    Matches,
    Missing,
    Unreadable,
)
from tests.audit.actual_fixtures import (
    GID,
    INDEX,
    ITEM,
    Outside,
    document,
    evidence,
    expected,
    image,
    remotes_of,
)
from tests.http_fixtures import Reply, drop, say, truncate

pytest_plugins = ["tests.audit.actual_plugin"]

BROKEN: dict[str, list[Callable[[], Fault]]] = {
    "status": [
        partial(fault_kinds.status, status)
        for status in (200, 204, 206, 300, 303, 304, 400, 401, 403, 410, 418, 500, 502, 504, 520)
    ],
    "spam": [fault_kinds.spam],
    "dark": [fault_kinds.dark],
    "wrong_credentials": [
        fault_kinds.wrong_credentials,
        lambda: fault_kinds.wrong_credentials("SignatureDoesNotMatch"),
    ],
    "item_gone": [fault_kinds.item_gone],
    "s3_failure": [lambda: fault_kinds.s3_failure("InternalError", "x", status=500)],
    "html": [
        lambda: fault_kinds.html(200),
        lambda: fault_kinds.html(403),
        lambda: fault_kinds.html(500, "image/jpeg"),
    ],
    "garbage": [
        fault_kinds.garbage,
        lambda: fault_kinds.garbage("null"),
        lambda: fault_kinds.garbage("[[[[" * 100_000),
        lambda: fault_kinds.garbage("[1]"),
        lambda: fault_kinds.garbage("{}"),
        lambda: fault_kinds.garbage('{"error": "look again", "errcode": 102}'),
        lambda: fault_kinds.garbage('{"files": [], "metadata": {}}'),
        lambda: fault_kinds.garbage('{"files": 9' + "9" * 5000 + "}"),
    ],
    "redirect": [
        lambda: fault_kinds.redirect("http://example.org/{bucket}"),
        lambda: fault_kinds.redirect("{origin}{target}", 302),
        lambda: fault_kinds.redirect("http://[broken", 301),
        lambda: fault_kinds.redirect(""),
    ],
    "drop": [fault_kinds.drop],
    "hang": [Hang],
}
"""Faults that make an answer unusable, each made afresh."""

PAUSING: dict[str, list[Callable[[], Fault]]] = {
    "slow_down": [fault_kinds.slow_down, lambda: fault_kinds.slow_down(7)],
    "too_many": [fault_kinds.too_many, lambda: fault_kinds.too_many("Thu, 01 Jan 1970 00:00:00")],
    "status": [lambda: fault_kinds.status(503), lambda: fault_kinds.status(429)],
}

IMPROPER: list[dict[str, object]] = [
    {"metadata": None},
    {"metadata": []},
    {"metadata": "x"},
    {"metadata": {"identifier": "mbid-00000000-0000-4000-8000-000000000000"}},
    {"metadata": {"identifier": [ITEM, ITEM]}},
    {"metadata": {"identifier": ITEM, "title": "\ud800"}},
    {"metadata": {"identifier": ITEM, "title": "\0"}},
    {"files": None},
    {"files": {}},
    {"files": []},
    {"files": [], "files_count": 0},
    {"files": [{}]},
    {"files": [{"name": "index.json"}, {"name": "index.json"}], "files_count": 2},
    {"files": [{"name": 1}], "files_count": 1},
    {"files": ["index.json"], "files_count": 1},
    {"files_count": 5},
    {"item_last_updated": None},
    {"item_last_updated": "yesterday"},
    {"error": "cannot be served now"},
]
"""Top-level keys of a record replaced; None removes one."""


def flat(table: dict[str, list[Callable[[], Fault]]]) -> list[Callable[[], Fault]]:
    return [make for makers in table.values() for make in makers]


def test_every_kind_of_fault_is_tried() -> None:
    tried = {*BROKEN, *PAUSING, "edit_json", "huge", "trickle", "truncated"}
    assert tried == set(KINDS)


async def from_record(outside: Outside) -> Actual:
    outside.healthy(expected(image()))
    return await outside.read(expected(image()))


async def from_page(outside: Outside) -> Actual:
    return await outside.read(expected(image()))


async def from_download(outside: Outside) -> Actual:
    outside.healthy(expected(image(comment="old")))
    return await outside.read(expected(image()))


async def from_stored_document(outside: Outside) -> Actual:
    outside.healthy(expected(image()))
    return await outside.read(expected(image()), web_service=False)


async def reading(outside: Outside, place: str) -> Actual:
    if place == "/details/":
        return await from_page(outside)
    if place == "/metadata/":
        return await from_record(outside)
    return await (from_download if place == "/download/" else from_stored_document)(outside)


@pytest.mark.parametrize("place", ["/metadata/", "/details/", "/download/", "/node/"])
@pytest.mark.parametrize("make", flat(BROKEN))
async def test_broken_answer(hasty: Outside, place: str, make: Callable[[], Fault]) -> None:
    hasty.archive.faults.add("GET", place, make(), times=None)
    found = await reading(hasty, place)
    assert isinstance(found, Unreadable)
    assert found.reason.partition(":")[0] in {
        "The metadata record",
        "The page of the item",
        f"The file {INDEX}",
        f"The file {ITEM}_mb_metadata.xml",
    }


@pytest.mark.parametrize("place", ["/metadata/", "/details/", "/download/", "/node/"])
@pytest.mark.parametrize("make", flat(PAUSING))
async def test_service_that_asks_for_fewer_requests(
    outside: Outside, place: str, make: Callable[[], Fault]
) -> None:
    outside.archive.faults.add("GET", place, make(), times=None)
    with pytest.raises(Overloaded) as paused:
        await reading(outside, place)
    assert paused.value.service == "archive"
    assert paused.value.seconds > 0


@pytest.mark.parametrize("changes", IMPROPER)
async def test_improper_record(outside: Outside, changes: dict[str, object]) -> None:
    outside.archive.faults.add("GET", "/metadata/", fault_kinds.edit_json(changes))
    found = await from_record(outside)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith("The metadata record: ")
    found.reason.encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"md5": None},
        {"size": None},
        {"size": "many"},
        {"size": "-1"},
        {"size": -1},
        {"size": 12},
        {"md5": ["x"]},
        {"md5": "0" * 32},
    ],
)
async def test_improper_entry_of_a_file(outside: Outside, changes: dict[str, object]) -> None:
    """What is stored cannot be known, so nothing is concluded."""
    outside.healthy(expected(image()))
    record = await outside.remotes().archive.read(ITEM)
    assert isinstance(record, Present)
    entries: list[dict[str, object]] = [
        {"name": file.name, "md5": file.md5, "size": file.size} for file in record.files.values()
    ]
    for entry in entries:
        entry.update(changes if entry["name"] == INDEX else {})
    edit = fault_kinds.edit_json({"files": entries})
    outside.archive.faults.add("GET", "/metadata/", edit)
    found = await outside.read(expected(image()))
    assert isinstance(found, Unreadable)
    assert found.reason.startswith(f"The file {INDEX}: ")


async def test_endless_record(outside: Outside) -> None:
    outside.archive.faults.add("GET", "/metadata/", fault_kinds.huge(LARGEST_RECORD + 1))
    found = await from_record(outside)
    assert isinstance(found, Unreadable)
    assert "is larger than" in found.reason


async def test_endless_download(outside: Outside) -> None:
    outside.archive.faults.add("GET", "/node/", fault_kinds.huge(10_000_000))
    assert isinstance(await from_download(outside), Unreadable)


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("place", ["/metadata/", "/node/"])
async def test_truncated_answer(outside: Outside, place: str, share: float) -> None:
    outside.archive.faults.add("GET", place, fault_kinds.truncated(share), times=None)
    assert isinstance(await reading(outside, place), Unreadable)


async def test_record_that_comes_slowly(outside: Outside) -> None:
    outside.archive.faults.add("GET", "/metadata/", fault_kinds.trickle(500, 0.01))
    found = await from_record(outside)
    assert isinstance(found, Item)
    assert found.index == Matches()


async def test_file_that_changed_after_its_record_was_read(outside: Outside) -> None:
    async def replaced(_call: Call, answer: Answer) -> web.StreamResponse:
        outside.store(INDEX, b'{"images": []}')
        return answer()

    outside.archive.faults.add("GET", "/download/", replaced)
    found = await from_download(outside)
    assert isinstance(found, Unreadable)
    assert "are not what its record lists" in found.reason


async def test_trouble_of_many_items_pauses_the_service(outside: Outside) -> None:
    outside.archive.faults.add("GET", "/metadata/", fault_kinds.html(500), times=None)
    remotes = remotes_of(outside.client, outside.url, web_service=False)
    gids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(6)]
    outcomes: list[object] = []
    for gid in gids:
        wanted = expected(image(), gid=gid)
        outside.healthy(wanted)
        try:
            outcomes.append(await read_item(remotes, wanted.project, wanted, Evidence()))
        except ServicePaused as paused:
            outcomes.append(paused)
    assert [type(one) for one in outcomes] == [Unreadable] * 4 + [Outage] * 2


async def test_service_that_cannot_be_reached(outside: Outside) -> None:
    remotes = remotes_of(outside.client, "http://127.0.0.1:1")
    wanted = expected(image())
    with pytest.raises(Outage):
        await read_item(remotes, wanted.project, wanted, Evidence())


async def read_with(outside: Outside, reply: Reply) -> Actual:
    wanted = expected(image())
    outside.healthy(wanted)
    outside.documents[f"/ws/2/release/{GID}"] = reply
    return await outside.read(wanted)


@pytest.mark.parametrize("reply", [drop, truncate, say(502), say(200)])
async def test_broken_answer_of_the_web_service(outside: Outside, reply: Reply) -> None:
    assert isinstance(await read_with(outside, reply), Unreadable)


@pytest.mark.parametrize("reply", [say(503, retry_after="2"), say(429)])
async def test_busy_web_service(outside: Outside, reply: Reply) -> None:
    with pytest.raises(Overloaded) as paused:
        await read_with(outside, reply)
    assert paused.value.service == "musicbrainz"


async def test_cancelling_reaches_the_caller(outside: Outside) -> None:
    outside.archive.faults.add("GET", "/metadata/", Hang())
    task = asyncio.create_task(from_record(outside))
    await outside.archive.journal.wait_for(lambda _: True)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_spoiled_bytes_never_break_anything(outside: Outside) -> None:
    wanted = expected(image())
    outside.healthy(wanted)
    rng = random.Random(3)

    async def spoil(_call: Call, answer: Answer) -> web.StreamResponse:
        whole = answer()
        assert isinstance(whole, web.Response)
        assert isinstance(whole.body, bytes)
        body = bytearray(gzip.decompress(whole.body))
        for _ in range(rng.randint(1, 4)):
            start = rng.randrange(len(body))
            body[start : start + rng.randint(0, 9)] = rng.randbytes(rng.randint(0, 3))
        return web.Response(body=bytes(body), content_type="application/json")

    outside.archive.faults.add("GET", "/metadata/", spoil, times=None)
    for _ in range(200):
        # Services that are new each time have no trouble in their memory.
        found = await outside.read(wanted, evidence(document()))
        assert isinstance(found, Item | Unreadable | Dark | Missing)
