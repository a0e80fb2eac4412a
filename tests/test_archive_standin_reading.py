"""The stand-in's metadata records and downloads, also against recorded answers."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from artwork_indexer.sandbox.internet_archive import Content, StoredFile
from artwork_indexer.sandbox.internet_archive.names import ITEM_IMAGE, THUMBNAILS, format_of
from tests.archive_standin_fixtures import ITEM, UPLOADER, XML, StandIn, image, index

pytest_plugins = ["tests.archive_standin_plugin"]

RECORDED = os.environ.get("RECORDED_ANSWERS")
needs_recorded = pytest.mark.skipif(not RECORDED, reason="RECORDED_ANSWERS is not set")
RECORDED_ITEMS = (
    "mbid-02cd52d7-2d0c-41a4-bf9c-59894bebab8c",
    "mbid-8dd38d9f-eae6-47a7-baa8-eaa467042687",
)


async def healthy(standin: StandIn, *numbers: int) -> None:
    for number in numbers:
        await standin.put(image(number), b"bytes of %d" % number)
    listed = index(*(f"{number}.jpg" for number in numbers))
    await standin.put("index.json", listed, x_archive_keep_old_version="1")
    await standin.put("index.json", listed, x_archive_keep_old_version="1")
    await standin.put(f"{ITEM}_mb_metadata.xml", XML)


def recorded(name: str) -> dict[str, Any]:
    record = json.loads((Path(RECORDED or "") / "metadata" / f"{name}.json").read_bytes())
    assert isinstance(record, dict)
    return record


def file_kind(entry: dict[str, str]) -> str:
    """Return what names in different items have in common."""
    name = entry["name"]
    if name.startswith("history/"):
        return "history"
    if entry["format"] in {"Metadata", "Metadata Log", "MusicBrainz Metadata"}:
        return name[name.index("_") :]
    return "index.json" if name == "index.json" else entry["format"]


def types(values: dict[str, object]) -> dict[str, str]:
    return {key: type(value).__name__ for key, value in values.items()}


@needs_recorded
@pytest.mark.parametrize("name", RECORDED_ITEMS)
async def test_record_has_the_keys_and_types_of_a_recorded_one(standin: StandIn, name: str) -> None:
    await healthy(standin, 1, 2)
    ours, theirs = await standin.record(), recorded(name)
    assert types(ours) == types(theirs)
    assert list(ours) == list(theirs)
    for optional in ("curation", "backup_location", "addeddate"):
        theirs["metadata"].pop(optional, None)
    assert types(ours["metadata"]) == types(theirs["metadata"])


@needs_recorded
@pytest.mark.parametrize("name", RECORDED_ITEMS)
async def test_file_entries_have_the_keys_of_recorded_ones(standin: StandIn, name: str) -> None:
    await healthy(standin, 1, 2)
    optional = {"viruscheck", "rotation"}
    theirs = {file_kind(e): set(e) - optional for e in recorded(name)["files"]}
    ours = {file_kind(e): set(e) - optional for e in (await standin.record())["files"]}
    shared = theirs.keys() & ours.keys()
    assert {"index.json", "JPEG 250px Thumb", "_files.xml", "_meta.log"} <= shared
    assert {k: ours[k] for k in shared} == {k: theirs[k] for k in shared}


@needs_recorded
@pytest.mark.parametrize("name", RECORDED_ITEMS)
def test_names_get_the_recorded_formats(name: str) -> None:
    suffixes = {**THUMBNAILS, ITEM_IMAGE[0]: ITEM_IMAGE[1]}
    for entry in recorded(name)["files"]:
        derived = next((f for s, f in suffixes.items() if entry["name"].endswith(s)), None)
        if entry["name"] == "__ia_thumb.jpg":
            derived = None
        assert entry["format"] == (derived or format_of(name, entry["name"]))


@needs_recorded
async def test_dark_item_shows_only_its_place(standin: StandIn) -> None:
    await healthy(standin, 1)
    standin.archive.darken(ITEM)
    assert types(await standin.record()) == types(
        recorded("dark_mbid-3c556c47-110d-4782-a607-c93e486bccf8")
    )


async def test_counts_and_sizes_add_up(standin: StandIn) -> None:
    await healthy(standin, 1, 2)
    record = await standin.record()
    files = record["files"]
    assert record["files_count"] == len(files)
    assert record["item_size"] == sum(int(f.get("size", 0)) for f in files)
    assert [f["name"] for f in files] == sorted(f["name"] for f in files)
    assert all(isinstance(v, str) for f in files for v in f.values())


async def test_metadata_fields_come_from_the_xml(standin: StandIn) -> None:
    await healthy(standin, 1)
    fields = (await standin.record())["metadata"]
    assert fields["title"] == "蒼穹の彼方"
    assert fields["creator"] == "Yellow Magic Orchestra"
    assert fields["date"] == "1983-05"
    assert fields["language"] == "jpn"
    assert fields["external-identifier"][1:] == [
        "urn:mb_artist_id:ac5af671-1df0-4312-8b7b-e61992ecc883",
        "urn:upc:4562109401813",
        "urn:asin:B00007KKZ3",
    ]
    assert fields["noindex"] == "true"
    assert fields["uploader"] == UPLOADER


async def test_unknown_item_is_an_empty_container_and_has_no_page(standin: StandIn) -> None:
    assert await standin.send("GET", f"/metadata/{ITEM}") == (200, "{}")
    standin.archive.settings.missing_answer = b"[]"
    assert await standin.send("GET", f"/metadata/{ITEM}") == (200, "[]")
    assert (await standin.send("GET", f"/details/{ITEM}"))[0] == 404
    await healthy(standin, 1)
    assert (await standin.send("GET", f"/details/{ITEM}"))[0] == 200


async def test_parts_of_a_record(standin: StandIn) -> None:
    await healthy(standin, 1)
    files = (await standin.record())["files"]
    assert await standin.json(f"/metadata/{ITEM}/files") == {"result": files}
    assert await standin.json(f"/metadata/{ITEM}/files/1/name") == {"result": files[1]["name"]}
    part = await standin.json(f"/metadata/{ITEM}/files?start=1&count=2")
    assert part == {"result": files[1:3]}
    assert await standin.json(f"/metadata/{ITEM}/is_dark") == {
        "error": f"Couldn't get 'is_dark' for item {ITEM}"
    }
    assert "error" in await standin.json("/metadata/absent/files")


async def test_transport_of_a_record(standin: StandIn) -> None:
    await healthy(standin, 1)
    url = f"{standin.url}/metadata/{ITEM}"
    async with standin.session.get(url, headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert not {"ETag", "Last-Modified", "Cache-Control"} & set(answer.headers)
    async with standin.session.get(
        url, headers={"Accept-Encoding": "gzip"}, auto_decompress=False
    ) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(await answer.read()))["files_count"] > 0


async def test_place_changes_between_reads_and_the_rest_does_not(standin: StandIn) -> None:
    await healthy(standin, 1)
    first, second = await standin.record(), await standin.record()
    assert first["uniq"] != second["uniq"]
    assert first["server"] != second["server"]
    assert first["files"] == second["files"]


async def test_further_keys_and_odd_files_are_shown(standin: StandIn) -> None:
    await healthy(standin, 1)
    item = standin.item()
    item.extra_keys["solo"] = True
    torrent = f"{ITEM}_archive.torrent"
    content = Content.of(b"d4:infod")
    item.add(
        StoredFile(torrent, content, 1, "Archive BitTorrent", source="metadata"),
        standin.archive.clock.now(),
    )
    record = await standin.record()
    assert record["solo"] is True
    assert {f["name"]: f["source"] for f in record["files"]}[torrent] == "metadata"


async def test_download_goes_by_a_data_node(standin: StandIn) -> None:
    await healthy(standin, 1)
    url = f"{standin.url}/download/{ITEM}/{image(1)}"
    async with standin.session.get(url, allow_redirects=False) as answer:
        assert answer.status == 302
        node = answer.headers["Location"]
    async with standin.session.get(node) as answer:
        assert await answer.read() == b"bytes of 1"
        stored = standin.item().files[image(1)]
        assert answer.headers["ETag"] == f'"{stored.mtime:x}-{stored.content.size:x}"'
        assert answer.headers["Cache-Control"] == "max-age=21600"
        etag, date = answer.headers["ETag"], answer.headers["Last-Modified"]
    for condition in ({"If-None-Match": etag}, {"If-Modified-Since": date}):
        async with standin.session.get(node, headers=condition) as answer:
            assert answer.status == 304
    async with standin.session.get(node, headers={"If-None-Match": '"1-1"'}) as answer:
        assert answer.status == 200


async def test_listed_sums_are_those_of_the_download(standin: StandIn) -> None:
    await healthy(standin, 1)
    for entry in (await standin.record())["files"]:
        async with standin.session.get(f"{standin.url}/download/{ITEM}/{entry['name']}") as answer:
            assert Content.of(await answer.read()).md5 == entry["md5"], entry["name"]


async def test_absent_and_dark_downloads_are_404(standin: StandIn) -> None:
    await healthy(standin, 1)
    for path in (f"{ITEM}/none.jpg", "absent/none.jpg"):
        async with standin.session.get(f"{standin.url}/download/{path}") as answer:
            assert answer.status == 404
    standin.archive.darken(ITEM)
    async with standin.session.get(f"{standin.url}/download/{ITEM}/index.json") as answer:
        assert answer.status == 404


async def test_big_files_need_little_memory() -> None:
    content = Content.repeated(b"abc", 10_000_001)
    assert len(content.pattern) == 3
    assert content.md5 == Content.of(content.read()).md5
    assert len(content.read()) == content.size


async def test_aging_moves_all_dates(standin: StandIn) -> None:
    await healthy(standin, 1)
    before = await standin.record()
    standin.item().age(3600)
    after = await standin.record()
    assert after["item_last_updated"] == before["item_last_updated"] - 3600
    dates = {f["name"]: int(f["mtime"]) for f in before["files"] if "mtime" in f}
    assert {f["name"]: int(f["mtime"]) for f in after["files"] if "mtime" in f} == {
        name: date - 3600 for name, date in dates.items()
    }
