"""Writes are applied later, in order, item by item; and what the derive step makes."""

from __future__ import annotations

import json

import pytest

from artwork_indexer.sandbox.internet_archive import WaitAdmin
from tests.archive_standin_fixtures import ITEM, XML, StandIn, image, index

pytest_plugins = ["tests.archive_standin_plugin"]


def thumbnails(number: int) -> set[str]:
    stem = image(number).removesuffix(".jpg")
    return {f"{stem}_thumb{size}.jpg" for size in ("", "250", "500", "1200")}


async def test_a_new_item_is_unknown_until_its_first_task_has_run(slow_standin: StandIn) -> None:
    standin = slow_standin
    await standin.put("index.json", b"{}")
    assert await standin.record() == {}
    assert (await standin.send("GET", f"/details/{ITEM}"))[0] == 404
    assert (await standin.put(""))[0] == 409
    standin.archive.advance(29)
    assert await standin.record() == {}
    standin.archive.advance(1)
    assert "index.json" in await standin.names()


async def test_tasks_of_an_item_run_one_after_the_other(slow_standin: StandIn) -> None:
    standin = slow_standin
    standin.archive.settings.derive_delay = 10
    await standin.put("index.json", b"1")
    await standin.put("index.json", b"2")
    await standin.delete("index.json")
    seen = []
    for _ in range(6):
        standin.archive.advance(20)
        stored = standin.item().files.get("index.json")
        seen.append(stored.content.read() if stored else None)
    # Applied at 30, 70 and 110, each followed by 10 seconds of derive.
    assert seen == [None, b"1", b"1", b"2", b"2", None]


async def test_settle_applies_everything_in_order(slow_standin: StandIn) -> None:
    standin = slow_standin
    for number in range(5):
        await standin.put("index.json", b"%d" % number)
    standin.archive.settle()
    assert standin.item().files["index.json"].content.read() == b"4"
    assert not standin.item().tasks


async def test_record_shows_what_waits(slow_standin: StandIn) -> None:
    standin = slow_standin
    await standin.put("index.json", index())
    standin.archive.settle()
    assert not {"tasks", "pending_tasks", "has_redrow"} & set(await standin.record())
    await standin.put("index.json", index())
    record = await standin.record()
    assert [(t["cmd"], t["state"]) for t in record["tasks"]] == [
        ("archive.php", "running"),
        ("derive.php", "queued"),
    ]
    assert record["pending_tasks"] is True
    assert "has_redrow" not in record


async def test_a_red_task_blocks_the_item_until_it_is_rerun(standin: StandIn) -> None:
    await standin.put("index.json", b"1")
    standin.archive.tasks.break_next(ITEM)
    await standin.put("index.json", b"2", x_archive_queue_derive="0")
    await standin.put("index.json", b"3", x_archive_queue_derive="0")
    standin.archive.settle()
    standin.archive.advance(10_000)
    record = await standin.record()
    assert record["has_redrow"] is True
    assert [t["state"] for t in record["tasks"]] == ["error", "queued"]
    assert standin.item().files["index.json"].content.read() == b"1"
    standin.archive.tasks.rerun(standin.item().tasks[0], standin.archive.clock.now())
    assert standin.archive.clock.now() > 0
    standin.archive.advance(0)
    assert standin.item().files["index.json"].content.read() == b"3"
    assert "has_redrow" not in await standin.record()


async def test_a_paused_task_is_no_error(standin: StandIn) -> None:
    await standin.put("index.json", b"1")
    standin.archive.tasks.break_next(ITEM, WaitAdmin.PAUSED)
    await standin.put("index.json", b"2")
    record = await standin.record()
    assert record["tasks"][0]["state"] == "paused"
    assert "has_redrow" not in record


async def test_thumbnails_only_for_listed_images(standin: StandIn) -> None:
    await standin.put(image(1), b"1")
    await standin.put(image(2), b"2")
    await standin.put("index.json", index("1.jpg"))
    names = set(await standin.names())
    assert thumbnails(1) <= names
    assert not thumbnails(2) & names
    fields = (await standin.record())["metadata"]
    assert fields["fail-reasons"] == f"JPEGThumb:CAA/EAA image not in index.json:{image(2)}"
    await standin.put("index.json", index("1.jpg", "2.jpg"))
    assert thumbnails(2) <= set(await standin.names())
    assert "fail-reasons" not in (await standin.record())["metadata"]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"images": 1}', b'{"images": [{}]}'])
async def test_broken_index_lists_nothing(standin: StandIn, text: bytes) -> None:
    for number in (1, 2):
        await standin.put(image(number), b"1")
    await standin.put("index.json", text)
    reasons = (await standin.record())["metadata"]["fail-reasons"].split("\n")
    assert [reason.rpartition(":")[2] for reason in reasons] == [image(1), image(2)]


async def test_no_derive_when_told_so(standin: StandIn) -> None:
    await standin.put(image(1), b"1", x_archive_queue_derive="0")
    await standin.put("index.json", index("1.jpg"), x_archive_queue_derive="0")
    assert not thumbnails(1) & set(await standin.names())


async def test_two_files_with_one_number_get_no_thumbnails(standin: StandIn) -> None:
    await standin.put(image(1), b"1", x_archive_queue_derive="0")
    await standin.put(image(1, "png"), b"2", x_archive_queue_derive="0")
    await standin.put("index.json", index("1.jpg"))
    assert not thumbnails(1) & set(await standin.names())


async def test_a_new_original_gets_new_thumbnails(standin: StandIn) -> None:
    await standin.put("index.json", index("1.jpg"))
    await standin.put(image(1), b"before")
    name = min(thumbnails(1))
    before = standin.item().files[name].content.md5
    await standin.put(image(1), b"after")
    assert standin.item().files[name].content.md5 != before


async def test_pdf_gets_its_extras(standin: StandIn) -> None:
    await standin.put("index.json", index("1.pdf"))
    await standin.put(image(1, "pdf"), b"%PDF-")
    stem = image(1, "pdf").removesuffix(".pdf")
    files = {f["name"]: f for f in (await standin.record())["files"]}
    assert thumbnails(1) <= set(files)
    assert files[f"{stem}_text.pdf"]["source"] == "derivative"
    assert files[f"{stem}_djvu.xml"]["original"] == image(1, "pdf")


async def test_xml_fills_fields_and_leaves_a_log(standin: StandIn) -> None:
    name = f"{ITEM}_mb_metadata.xml"
    await standin.put(name, b"<broken")
    assert f"{ITEM}_meta.log" not in await standin.names()
    assert (await standin.record())["metadata"]["title"] == ITEM
    await standin.put(name, XML)
    assert f"{ITEM}_meta.log" in await standin.names()
    assert (await standin.record())["metadata"]["title"] == "蒼穹の彼方"
    await standin.put(name, XML.replace(b"<date>1983-05</date>", b""))
    assert "date" not in (await standin.record())["metadata"]


async def test_artist_in_another_script_has_a_sort_name(standin: StandIn) -> None:
    foreign = XML.decode().replace("<name>Yellow Magic Orchestra<", "<name>イエロー<")
    await standin.put(f"{ITEM}_mb_metadata.xml", foreign.encode())
    fields = (await standin.record())["metadata"]
    assert fields["creator"] == "イエロー"
    assert fields["creator-alt-script"] == "Yellow Magic Orchestra"


async def test_fields_of_an_event(standin: StandIn) -> None:
    document = b"""<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#"><event id="e">
    <name>Rock am Ring</name><life-span><begin>1987-06-07</begin></life-span>
    <relation-list target-type="artist"><relation><artist id="a"><name>One</name></artist>
    </relation><relation><artist id="b"><name>Two</name></artist></relation></relation-list>
    </event></metadata>"""
    await standin.put(f"{ITEM}_mb_metadata.xml", document)
    fields = (await standin.record())["metadata"]
    assert fields["title"] == "Rock am Ring"
    assert fields["creator"] == ["One", "Two"]
    assert fields["external-identifier"][0] == "urn:mb_event_id:e"
    assert json.dumps(fields["date"]) == '"1987-06-07"'
