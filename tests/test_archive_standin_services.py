"""The stand-in's Metadata Write API, Tasks API, searches and change feed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from artwork_indexer.sandbox.internet_archive import DEFAULT_ACCOUNTS, Account, Archive
from artwork_indexer.sandbox.internet_archive import fault_kinds as kinds
from artwork_indexer.sandbox.internet_archive.json_patch import Change, PatchFailed, apply_change
from tests.archive_standin_fixtures import ITEM, KEYS, UPLOADER, StandIn, image, index, served

pytest_plugins = ["tests.archive_standin_plugin"]

STAFF = Account("staff@example.org", "staff-access", "staff-secret", privileged=True)
STAFF_KEYS = {"authorization": "LOW staff-access:staff-secret"}
TASKS = "/services/tasks.php"
SCRAPE = "/services/search/v1/scrape"


@pytest.fixture
async def staffed() -> AsyncIterator[StandIn]:
    async with served(Archive(accounts=(*DEFAULT_ACCOUNTS, STAFF))) as one:
        yield one


async def edit(
    standin: StandIn, *operations: dict[str, object], **form: str
) -> tuple[int, dict[str, Any]]:
    fields = {"-target": "metadata", "-patch": json.dumps(operations), **form}
    status, body = await standin.send("POST", f"/metadata/{ITEM}", KEYS, fields)
    return status, json.loads(body)


async def test_metadata_edit_is_seen_at_once_and_stored_later(slow_standin: StandIn) -> None:
    standin = slow_standin
    await standin.put("index.json", b"{}", x_archive_meta_noindex="")
    standin.archive.settle()
    status, answer = await edit(standin, {"op": "replace", "path": "/noindex", "value": "true"})
    assert (status, answer["success"]) == (200, True)
    assert isinstance(answer["task_id"], int)
    record = await standin.record()
    assert record["metadata"]["noindex"] == "true"
    assert [task["cmd"] for task in record["tasks"]] == ["modify_xml.php"]
    path = f"/download/{ITEM}/{ITEM}_meta.xml"
    assert b"<noindex></noindex>" in await standin.send_and_follow(path)
    standin.archive.advance(30)
    assert b"<noindex>true</noindex>" in await standin.send_and_follow(path)
    assert (await standin.record())["metadata"]["noindex"] == "true"


async def test_what_a_metadata_edit_is_refused_for(standin: StandIn) -> None:
    await standin.put("index.json", b"{}")
    replace: dict[str, object] = {"op": "replace", "path": "/noindex", "value": "true"}
    status, answer = await edit(standin, replace)
    assert (status, answer["success"]) == (400, False)
    assert answer["error"].startswith("no changes to")
    mediatype: dict[str, object] = {"op": "replace", "path": "/mediatype", "value": "data"}
    assert (await edit(standin, mediatype))[0] == 400
    standin.archive.settings.mediatype_locked = False
    assert (await edit(standin, mediatype))[0] == 200
    test: dict[str, object] = {"op": "test", "path": "/noindex", "value": "no"}
    status, answer = await edit(standin, test, {"op": "remove", "path": "/noindex"})
    assert status == 400
    assert "noindex" in (await standin.record())["metadata"]
    for form in ({"-patch": "{"}, {"-patch": "[1]"}, {"-changes": "[{}]"}):
        assert (await edit(standin, **form))[0] == 400
    standin.item().metadata["uploader"] = "somebody@example.org"
    assert (await edit(standin, {"op": "remove", "path": "/noindex"}))[0] == 401


async def test_keys_in_the_form_and_several_targets(standin: StandIn) -> None:
    await standin.put("index.json", b"{}")
    changes = [
        {"target": "metadata", "patch": {"op": "add", "path": "/subject", "value": ["a", "b"]}},
        {"target": "files/index.json", "patch": [{"op": "add", "path": "/title", "value": "x"}]},
        {"target": "extra", "patch": [{"op": "add", "path": "/k", "value": 1}]},
    ]
    form = {"-changes": json.dumps(changes), "access": "caa-access", "secret": "wrong"}
    assert (await standin.send("POST", f"/metadata/{ITEM}", None, form))[0] == 401
    form["secret"] = "caa-secret"
    assert (await standin.send("POST", f"/metadata/{ITEM}", None, form))[0] == 200
    record = await standin.record()
    assert record["metadata"]["subject"] == ["a", "b"]
    assert record["extra"] == {"k": 1}
    assert {f["name"]: f for f in record["files"]}["index.json"]["title"] == "x"


async def test_too_many_metadata_edits(slow_standin: StandIn) -> None:
    standin = slow_standin
    await standin.put("index.json", b"{}")
    standin.archive.settle()
    standin.archive.settings.metadata_write_ration = 1
    operations = [{"op": "add", "path": f"/field{n}", "value": "x"} for n in range(3)]
    form = {"-target": "metadata", "-patch": json.dumps(operations[0])}
    path = f"/metadata/{ITEM}"
    assert (await standin.send("POST", path, KEYS, form))[0] == 200
    form["-patch"] = json.dumps(operations[1])
    assert (await standin.send("POST", path, KEYS, form))[0] == 429
    headers = {**KEYS, "X-Accept-Reduced-Priority": "1"}
    async with standin.session.post(standin.url + path, headers=headers, data=form) as answer:
        assert answer.status == 200
        assert answer.headers["X-Priority-Reduced"] == "-1"


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ({}, {"op": "add", "path": "/a", "value": 1}, {"a": 1}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": [1]}, {"op": "add", "path": "/a/0", "value": 2}, {"a": [2, 1]}),
        ({"a": 1}, {"op": "add", "path": "", "value": {"b": 1}}, {"b": 1}),
        ({"a": 1}, {"op": "remove", "path": "/a"}, {}),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/0"}, {"a": [2]}),
        ({"a/b": 1}, {"op": "replace", "path": "/a~1b", "value": 2}, {"a/b": 2}),
        ({"a": [1]}, {"op": "replace", "path": "/a/0", "value": 2}, {"a": [2]}),
        ({"a": 1}, {"op": "move", "from": "/a", "path": "/b"}, {"b": 1}),
        ({"a": 1}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": 1, "b": 1}),
        ({"a": 1}, {"op": "test", "path": "/a", "value": 1}, {"a": 1}),
        ({"a": "x"}, {"op": "remove-first", "path": "/a/-", "value": "x"}, {}),
        (
            {"a": ["x", "y", "x"]},
            {"op": "remove-first", "path": "/a/-", "value": "x"},
            {"a": ["y", "x"]},
        ),
        ({"a": ["x", "y", "x"]}, {"op": "remove-all", "path": "/a/-", "value": "x"}, {"a": "y"}),
    ],
)
def test_patch_operations(
    before: dict[str, object], operation: dict[str, object], after: dict[str, object]
) -> None:
    record: dict[str, object] = {"metadata": before}
    kept = json.dumps(record)
    assert apply_change(Change("metadata", (operation,)), record) == {"metadata": after}
    assert json.dumps(record) == kept


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "nonsense", "path": "/a"},
        {"op": "add", "value": 1},
        {"op": "add", "path": "/a"},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": "/list/7", "value": 1},
        {"op": "add", "path": "/text/x", "value": 1},
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "test", "path": "/text", "value": "y"},
        {"op": "remove-first", "path": "/text/-", "value": "y"},
        {"op": "remove-all", "path": "/none/-", "value": "y"},
    ],
)
def test_patch_that_does_not_fit(operation: dict[str, object]) -> None:
    record: dict[str, object] = {"metadata": {"text": "x", "list": [1]}}
    with pytest.raises(PatchFailed):
        apply_change(Change("metadata", (operation,)), record)


async def tasks(standin: StandIn, query: str) -> dict[str, Any]:
    answer = await standin.json(f"{TASKS}?{query}", KEYS)
    assert answer["success"] is True
    value = answer["value"]
    assert isinstance(value, dict)
    return value


async def test_summary_and_lists_of_tasks(slow_standin: StandIn) -> None:
    standin = slow_standin
    for item in (ITEM, "mbid-b"):
        await standin.put("index.json", b"{}", item=item)
    summary = (await tasks(standin, f"identifier={ITEM}"))["summary"]
    assert summary == {"queued": 1, "running": 1, "error": 0, "paused": 0}
    for criterion in ("identifier=mbid-*", f"submitter={UPLOADER}", "cmd=*"):
        assert sum((await tasks(standin, criterion))["summary"].values()) == 4
    page = await tasks(standin, "identifier=mbid-*&catalog=1&limit=3")
    assert [task["cmd"] for task in page["catalog"]] == ["archive.php", "derive.php", "archive.php"]
    rest = await tasks(standin, f"identifier=mbid-*&catalog=1&limit=3&cursor={page['cursor']}")
    assert len(rest["catalog"]) == 1
    assert "cursor" not in rest
    standin.archive.settle()
    history = (await tasks(standin, f"identifier={ITEM}&history=1"))["history"]
    assert [task["cmd"] for task in history] == ["derive.php", "archive.php"]
    lines = await standin.send("GET", f"{TASKS}?identifier={ITEM}&history=1&limit=0", KEYS)
    assert len([json.loads(line) for line in lines[1].splitlines()]) == 2


async def test_listing_tasks_needs_keys_and_a_criterion(standin: StandIn) -> None:
    assert (await standin.send("GET", f"{TASKS}?summary=1&identifier=x"))[0] == 401
    standin.archive.settings.tasks_need_keys = False
    assert (await standin.send("GET", f"{TASKS}?summary=1&identifier=x"))[0] == 200
    assert (await standin.send("GET", f"{TASKS}?summary=1"))[0] == 400
    assert (await standin.send("GET", f"{TASKS}?history=1&identifier=mbid-*"))[0] == 400
    assert (await standin.send("POST", TASKS))[0] == 401


async def submit(standin: StandIn, method: str = "POST", **order: object) -> int:
    status, body = await standin.send(method, TASKS, KEYS, json.dumps(order).encode())
    assert json.loads(body)["success"] is (status == 200)
    return status


async def test_submitted_derive_makes_missing_thumbnails(standin: StandIn) -> None:
    await standin.put(image(1), b"1")
    await standin.put("index.json", index("1.jpg"))
    thumbnail = image(1).replace(".jpg", "_thumb500.jpg")
    await standin.delete(thumbnail, x_archive_queue_derive="0")
    assert thumbnail not in await standin.names()
    assert await submit(standin, identifier=ITEM, cmd="derive.php") == 200
    before = standin.item().files[thumbnail]
    args = {"remove_derived": "*_thumb500.jpg"}
    assert await submit(standin, identifier=ITEM, cmd="derive.php", args=args) == 200
    assert standin.item().files[thumbnail] is not before


async def test_other_submitted_tasks(standin: StandIn) -> None:
    await standin.put("index.json", b"{}")
    comment = {"comment": "asked for"}
    assert await submit(standin, identifier=ITEM, cmd="make_dark.php") == 400
    assert await submit(standin, identifier=ITEM, cmd="make_dark.php", args=comment) == 200
    assert (await standin.record())["is_dark"] is True
    assert await submit(standin, identifier=ITEM, cmd="make_undark.php", args=comment) == 200
    assert await submit(standin, identifier=ITEM, cmd="fixer.php") == 200
    assert await submit(standin, identifier=ITEM, cmd="unknown.php") == 400
    assert await submit(standin, identifier="absent", cmd="fixer.php") == 400
    assert await submit(standin, identifier=ITEM, cmd="delete.php") == 200
    assert await standin.record() == {}
    standin.archive.create(ITEM, "somebody@example.org")
    assert await submit(standin, identifier=ITEM, cmd="fixer.php") == 401


async def test_rerun_of_a_red_task(standin: StandIn) -> None:
    await standin.put("index.json", b"1")
    standin.archive.tasks.break_next(ITEM)
    await standin.put("index.json", b"2")
    red = standin.item().tasks[0].task_id
    assert (await tasks(standin, f"identifier={ITEM}"))["summary"]["error"] == 1
    assert await submit(standin, "PUT", op="rerun", task_id=red + 1) == 400
    assert await submit(standin, "PUT", op="rerun", task_id=red) == 200
    assert standin.item().files["index.json"].content.read() == b"2"


async def test_rate_limits(slow_standin: StandIn) -> None:
    await slow_standin.put("index.json", b"1")
    limits = await tasks(slow_standin, "rate_limits=1&cmd=derive.php")
    assert (limits["cmd"], limits["tasks_inflight"]) == ("derive.php", 1)


async def test_search_hides_noindex_items(staffed: StandIn) -> None:
    for number in range(230):
        fields: dict[str, str | list[str]] = {"collection": "coverartarchive"}
        if number % 2:
            fields["noindex"] = "true"
        staffed.archive.create(f"mbid-{number:03}", UPLOADER, fields)
    path = f"{SCRAPE}?q=collection:coverartarchive&fields=identifier,collection"
    first = await staffed.json(f"{path}&count=100")
    assert (first["count"], first["total"]) == (100, 115)
    assert first["items"][1] == {"identifier": "mbid-002", "collection": "coverartarchive"}
    last = await staffed.json(f"{path}&count=100&cursor={first['cursor']}")
    assert (last["count"], last["total"]) == (15, 15)
    assert "cursor" not in last
    total = await staffed.json(f"{path}&total_only=true")
    assert total == {"items": [], "count": 0, "total": 115}
    assert (await staffed.json(f"{path}&scope=all", STAFF_KEYS))["total"] == 230
    assert (await staffed.json(f"{path}&scope=all", KEYS))["total"] == 115
    narrowed = await staffed.json(f"{SCRAPE}?q=(collection:c*)%20AND%20identifier:mbid-00*")
    assert narrowed["total"] == 5
    advanced = "/advancedsearch.php?q=collection:coverartarchive&output=json&rows=10&page="
    page = await staffed.json(f"{advanced}2")
    assert page["response"]["numFound"] == 115
    assert page["response"]["docs"][0] == {"identifier": "mbid-020"}
    assert "[DEEP_PAGING]" in (await staffed.json(f"{advanced}1001"))["error"]


@pytest.mark.parametrize("query", ["", "?q=a&count=99", "?q=a&count=10001", "?q=a&cursor=%21"])
async def test_bad_scrape_requests(standin: StandIn, query: str) -> None:
    status, body = await standin.send("GET", SCRAPE + query)
    assert status == 400
    assert {"error", "errorType"} == set(json.loads(body))


async def test_scrape_totals_can_be_cut(standin: StandIn) -> None:
    standin.archive.create("a", UPLOADER, {"collection": "c"})
    standin.archive.faults.add("GET", SCRAPE, kinds.edit_json({"total": 0, "cursor": "broken!"}))
    answer = await standin.json(f"{SCRAPE}?q=collection:c")
    assert (answer["total"], answer["cursor"], answer["count"]) == (0, "broken!", 1)


async def test_change_feed(staffed: StandIn) -> None:
    async def feed(**form: str) -> dict[str, Any]:
        status, body = await staffed.send("POST", "/changes/v1", STAFF_KEYS, form)
        assert status == 200
        answer = json.loads(body)
        assert isinstance(answer, dict)
        return answer

    assert (await staffed.send("POST", "/changes/v1", KEYS, {}))[0] == 401
    now = await feed(access=STAFF.access, secret=STAFF.secret)
    assert now["changes"] == []
    await staffed.put("index.json", b"{}", x_archive_queue_derive="0")
    later = await feed(token=now["next_token"])
    assert later["changes"] == [{"identifier": ITEM}] * 2
    staffed.archive.settings.changes_page = 1
    whole = await feed(start_date="0")
    assert whole["changes"] == [{"identifier": ITEM}]
    assert whole["estimated_distance_from_head"] == 1
    assert (await feed(start_date="29991231"))["changes"] == []
