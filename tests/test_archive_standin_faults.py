"""Faults: each kind as a client sees it, ordered by code and over HTTP."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from artwork_indexer.sandbox.internet_archive import fault_kinds as kinds
from artwork_indexer.sandbox.internet_archive.fault_kinds import Fault
from tests.archive_standin_fixtures import CREATE, ITEM, StandIn, image, index

pytest_plugins = ["tests.archive_standin_plugin"]


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (kinds.status(418, "short and stout"), 418, "short and stout"),
        (kinds.slow_down(), 503, "<Message>Please reduce your request rate.</Message>"),
        (kinds.spam(), 503, "appears to be spam"),
        (kinds.too_many(), 429, "Too many requests"),
        (kinds.dark(), 403, "<Resource>This item has been taken offline</Resource>"),
        (kinds.wrong_credentials(), 403, "<Code>InvalidAccessKeyId</Code>"),
        (kinds.item_gone(500), 500, "cannot be retrieved."),
        (kinds.html(403), 403, "<html>"),
        (kinds.garbage(), 200, '{"metadata":'),
    ],
)
async def test_answers_in_place_of_the_proper_one(
    standin: StandIn, fault: Fault, status: int, text: str
) -> None:
    standin.archive.faults.add("PUT", "index.json", fault)
    answer = await standin.put("index.json", b"{}")
    assert answer[0] == status
    assert text in answer[1]
    assert ITEM not in standin.archive.items
    assert standin.archive.journal.select("PUT")[0].status == status
    assert (await standin.put("index.json", b"{}"))[0] == 200


async def test_which_requests_are_hit(standin: StandIn) -> None:
    await standin.put("index.json", b"{}")
    rule = standin.archive.faults.add(
        "GET", "/metadata/", kinds.status(500), times=2, skip=1, every=2
    )
    seen = [(await standin.send("GET", f"/metadata/{ITEM}"))[0] for _ in range(6)]
    assert seen == [200, 500, 200, 500, 200, 200]
    assert rule.hits == 2
    standin.archive.faults.add("", "", kinds.status(500), times=None)
    assert (await standin.send("GET", "/details/x"))[0] == 500
    standin.archive.faults.clear()
    assert (await standin.send("GET", "/details/x"))[0] == 404


@pytest.mark.parametrize("fault", [kinds.slow_down(7), kinds.too_many(7)])
async def test_retry_after(standin: StandIn, fault: Fault) -> None:
    standin.archive.faults.add("", "", fault)
    async with standin.session.get(f"{standin.url}/metadata/{ITEM}") as answer:
        assert answer.headers["Retry-After"] == "7"


async def test_page_labelled_as_an_image(standin: StandIn) -> None:
    standin.archive.faults.add("", "/download/", kinds.html(500, "image/jpeg"))
    async with standin.session.get(f"{standin.url}/download/{ITEM}/{image(1)}") as answer:
        assert answer.status == 500
        assert answer.content_type == "image/jpeg"
        assert (await answer.read()).startswith(b"<html>")


async def test_truncated_body(standin: StandIn) -> None:
    await standin.put("index.json", index("1.jpg"))
    standin.archive.faults.add("GET", "/node/", kinds.truncated())
    with pytest.raises(aiohttp.ClientPayloadError):
        await standin.send_and_follow(f"/download/{ITEM}/index.json")


async def test_truncated_record(standin: StandIn) -> None:
    await standin.put("index.json", index("1.jpg"))
    standin.archive.faults.add("GET", "/metadata/", kinds.truncated(0.2))
    with pytest.raises(aiohttp.ClientPayloadError):
        await standin.record()


@pytest.mark.parametrize("applied", [False, True])
async def test_broken_connection(standin: StandIn, *, applied: bool) -> None:
    # aiohttp's client by itself tries a PUT a second time.
    standin.archive.faults.add("PUT", "", kinds.drop(applied=applied), times=2)
    with pytest.raises(aiohttp.ClientConnectionError):
        await standin.put("index.json", b"{}")
    assert (ITEM in standin.archive.items) is applied
    assert (await standin.put("index.json", b"{}"))[0] == 200


async def test_hanging_until_released(standin: StandIn) -> None:
    hang = kinds.Hang()
    standin.archive.faults.add("PUT", "", hang)
    request = asyncio.create_task(standin.put("index.json", b"{}"))
    await standin.archive.journal.wait_for(1)
    assert not request.done()
    assert ITEM not in standin.archive.items
    hang.release()
    assert (await request)[0] == 200
    assert ITEM in standin.archive.items


async def test_slow_trickle(standin: StandIn) -> None:
    await standin.put("index.json", b"0123456789")
    standin.archive.faults.add("GET", "/node/", kinds.trickle(4, 0.001), times=None)
    assert await standin.send_and_follow(f"/download/{ITEM}/index.json") == b"0123456789"
    standin.archive.faults.clear()
    standin.archive.faults.add("GET", "/node/", kinds.trickle(1, 30))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await standin.send_and_follow(f"/download/{ITEM}/index.json")


async def test_huge_body(standin: StandIn) -> None:
    standin.archive.faults.add("GET", "", kinds.huge(3_000_000))
    assert len(await standin.send_and_follow(f"/metadata/{ITEM}")) == 3_000_000


async def test_edited_json(standin: StandIn) -> None:
    await standin.put("index.json", b"{}")
    standin.archive.faults.add("GET", "", kinds.edit_json({"files_count": "7", "files": None}))
    record = await standin.record()
    assert record["files_count"] == "7"
    assert "files" not in record
    assert "metadata" in record


async def test_redirected_write(standin: StandIn) -> None:
    standin.archive.faults.add(
        "PUT", f"/s3/{ITEM}", kinds.redirect("{origin}/s3-node/{bucket}/{key}")
    )
    url = f"{standin.url}/s3/{ITEM}/index.json"
    async with standin.session.put(url, headers=CREATE, data=b"{}") as answer:
        assert answer.status == 200
        assert answer.url.path == f"/s3-node/{ITEM}/index.json"
    standin.archive.faults.add("PUT", "", kinds.redirect("https://example.org{target}"))
    async with standin.session.put(
        url, headers=CREATE, data=b"{}", allow_redirects=False
    ) as answer:
        assert answer.status == 307
        assert answer.headers["Location"] == f"https://example.org/s3/{ITEM}/index.json"


async def order(standin: StandIn, call: str, /, **values: object) -> int:
    """Send an order such as "PUT items/x" and return the status."""
    verb, _, place = call.partition(" ")
    return (await standin.send(verb, f"/_sandbox/{place}", data=json.dumps(values).encode()))[0]


async def test_faults_and_journal_over_http(standin: StandIn) -> None:
    options = {"retry_after": 3}
    assert (
        await order(
            standin, "POST faults", method="PUT", path="x", fault="slow_down", options=options
        )
        == 201
    )
    assert (await standin.put("x"))[0] == 503
    assert (await standin.put("x", b"1"))[0] == 200
    entries = (await standin.json("/_sandbox/journal?method=PUT"))["entries"]
    assert [entry["status"] for entry in entries] == [503, 200]
    assert entries[1]["body"] == "1"
    later = await standin.json(f"/_sandbox/journal?after={entries[0]['number']}")
    assert later["entries"] == entries[1:]
    assert await order(standin, "DELETE journal") == 200
    assert await order(standin, "POST faults", fault="nonsense") == 400
    assert await order(standin, "POST faults", fault="hang", times=None) == 201
    assert await order(standin, "DELETE faults") == 200
    assert (await standin.send("GET", "/details/x"))[0] == 404
    assert await order(standin, "POST nowhere") == 404


async def test_items_over_http(slow_standin: StandIn) -> None:
    standin = slow_standin
    assert (await standin.send("GET", f"/_sandbox/items/{ITEM}"))[0] == 404
    files = {image(1): {"base64": "AAEC"}, "a": {"text": "ä"}, "b": {"size": 20}}
    metadata = {"collection": "coverartarchive", "noindex": None, "creator": ["a", "b"]}
    path = f"items/{ITEM}"
    assert await order(standin, f"PUT {path}", files=files, metadata=metadata, uploader="me") == 200
    shown = await standin.json(f"/_sandbox/{path}")
    assert shown["uploader"] == "me"
    assert shown["record"] == {**await standin.record(), **place(shown["record"])}
    assert standin.item().files[image(1)].content.read() == b"\0\1\2"
    assert await order(standin, f"PUT {path}", files={"a": None}, dark=True) == 200
    assert (await standin.record())["is_dark"] is True
    assert await order(standin, f"PUT {path}", files={"a": 1}) == 400


def place(record: dict[str, object]) -> dict[str, object]:
    keys = ("created", "server", "uniq", "workable_servers")
    return {key: record[key] for key in keys}


async def test_time_over_http(slow_standin: StandIn) -> None:
    standin = slow_standin
    await standin.put("index.json", b"{}")
    assert await order(standin, "POST settle", seconds=29) == 200
    assert await standin.record() == {}
    assert await order(standin, "POST settle", seconds=1) == 200
    assert (await standin.record())["pending_tasks"] is True
    assert await order(standin, "POST settle") == 200
    assert "pending_tasks" not in await standin.record()
