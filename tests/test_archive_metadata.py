"""Metadata records of the Internet Archive: recorded ones, loose ones and broken ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Archive, Dark, EmptyAnswer, File, Present, parse
from artwork_indexer.errors import PermanentError, TransientError
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.redirects import Redirects
from tests.http_fixtures import Script, say
from tests.recorded import recorded

pytest_plugins = ["tests.http_plugin"]

GID = "02cd52d7-2d0c-41a4-bf9c-59894bebab8c"
ITEM = f"mbid-{GID}"


def present(**record: object) -> Present:
    found = parse(ITEM, json.dumps({"files": [], "metadata": {}} | record).encode())
    assert isinstance(found, Present)
    return found


def test_recorded_item() -> None:
    found = parse(ITEM, recorded(f"metadata/{ITEM}.json"))
    assert isinstance(found, Present)
    assert len(found.files) == 53
    assert found.files["index.json"] == File(
        "index.json",
        md5="122f58d296d94737858b85bbd609910f",
        sha1=found.files["index.json"].sha1,
        size=5509,
        source="original",
        mtime=found.files["index.json"].mtime,
    )
    assert found.uploader == "caa@musicbrainz.org"
    assert found.collections == ("coverartarchive",)
    assert found.values("noindex") == ("true",)
    assert len(found.values("external-identifier")) == 3
    assert found.item_last_updated == 1736427018
    assert not found.tasks_pending
    assert not found.tasks_red
    files_xml = found.files[f"{ITEM}_files.xml"]
    assert (files_xml.size, files_xml.mtime, files_xml.sha1) == (None, None, None)
    images = [name for name in found.files if names.parse_image(name)]
    assert len(images) == 7


def test_recorded_item_of_another_collection() -> None:
    found = parse("x", recorded("metadata/edited_coverartarchive_audit_20210419.json"))
    assert isinstance(found, Present)
    assert len(found.collections) > 1


def test_recorded_dark_and_missing_items() -> None:
    assert parse(ITEM, recorded("metadata/dark_*.json")) == Dark()
    assert parse(ITEM, recorded("metadata/missing_mbid-*.json")) == EmptyAnswer()


def test_empty_list_is_as_good_as_an_empty_object() -> None:
    assert parse(ITEM, b"[]\n") == EmptyAnswer()


def test_numbers_may_be_text_or_numbers_or_nonsense() -> None:
    entries = [
        {"name": "a", "size": "12", "mtime": 13},
        {"name": "b", "size": 12, "mtime": "13"},
        {"name": "c", "size": True, "mtime": "-1", "md5": 5},
    ]
    files = present(files=entries, item_last_updated="99").files
    assert (files["a"].size, files["a"].mtime) == (files["b"].size, files["b"].mtime) == (12, 13)
    assert (files["c"].size, files["c"].mtime, files["c"].md5) == (None, None, None)
    assert present(item_last_updated="99").item_last_updated == 99


def test_metadata_values_may_be_absent_single_or_repeated() -> None:
    found = present(metadata={"collection": ["a", "b"], "uploader": "u", "ppi": 300})
    assert found.collections == ("a", "b")
    assert found.uploader == "u"
    assert found.values("ppi") == ("300",)
    assert found.values("nothing") == ()
    assert present().uploader is None


def test_metadata_may_be_absent() -> None:
    found = parse(ITEM, b'{"files": []}')
    assert isinstance(found, Present)
    assert found.values("collection") == ()


@pytest.mark.parametrize(
    ("record", "pending", "red"),
    [
        ({"pending_tasks": True}, True, False),
        ({"tasks": [{"cmd": "archive.php", "wait_admin": "queued"}]}, True, False),
        ({"tasks": [{"cmd": "archive.php", "status": "error"}]}, True, True),
        ({"has_redrow": True}, False, True),
        ({"tasks": []}, False, False),
    ],
)
def test_tasks(record: dict[str, object], *, pending: bool, red: bool) -> None:
    found = present(**record)
    assert (found.tasks_pending, found.tasks_red) == (pending, red)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>Sorry</html>", "not JSON"),
        (b"", "not JSON"),
        (b'{"files": [', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"null", "not an object"),
        (b"[1]", "not an object"),
        (b'"text"', "not an object"),
        (b'{"error": "Couldn\'t get item"}', "Couldn't get item"),
        (b'{"metadata": {}}', "no list of files"),
        (b'{"files": {}}', "no list of files"),
        (b'{"files": ["a"]}', "has no name"),
        (b'{"files": [{}]}', "has no name"),
        (b'{"files": [{"name": []}]}', "has no name"),
        (b'{"files": [{"name": 5}]}', "names"),
        (b'{"files": [{"name": "a"}, {"name": "a"}]}', "not unique"),
        (b'{"files": [], "metadata": []}', "metadata is not an object"),
    ],
)
def test_unreadable_records_are_transient(body: bytes, why: str) -> None:
    with pytest.raises(TransientError, match=why):
        parse(ITEM, body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
keys = st.sampled_from(["files", "metadata", "is_dark", "error", "tasks", "item_last_updated"])
entries = st.lists(st.dictionaries(st.sampled_from(["name", "size", "md5"]), json_values))


@given(json_values | st.dictionaries(keys, json_values | entries))
def test_any_json_is_a_record_or_unreadable(value: object) -> None:
    try:
        found = parse(ITEM, json.dumps(value).encode())
    except TransientError:
        return
    if isinstance(found, Present):
        assert [file.name for file in found.files.values()] == list(found.files)
        assert isinstance(found.collections, tuple)


async def test_reading_over_http(client: HttpClient, script: Script) -> None:
    archive = Archive(
        Service(client, Gate("archive")),
        metadata_url=script.url + "/metadata/{item}",
        details_url=script.url + "/details/{item}",
    )
    script.then(say(200, b"{}"), say(404, b"<html>nothing here</html>"), say(200, b"<html>"))
    assert await archive.read(ITEM) == EmptyAnswer()
    assert await archive.is_missing(ITEM)
    assert not await archive.is_missing(ITEM)
    assert [recorded.path for recorded in script.journal] == [
        f"/metadata/{ITEM}",
        f"/details/{ITEM}",
        f"/details/{ITEM}",
    ]


async def test_another_page_does_not_say_that_an_item_is_missing(
    client: HttpClient, script: Script
) -> None:
    archive = Archive(
        Service(client, Gate("archive"), redirects=Redirects([script.url])),
        metadata_url=script.url + "/metadata/{item}",
        details_url=script.url + "/details/{item}",
    )
    missing = say(404, b"not here")
    script.then(say(307, location="/elsewhere"), missing)
    with pytest.raises(PermanentError):
        await archive.is_missing(ITEM)
    script.then(say(307, location=f"/details/{ITEM}?moved"), missing)
    assert await archive.is_missing(ITEM)


@pytest.mark.parametrize("status", [403, 500])
async def test_front_end_pages_are_transient(
    client: HttpClient, script: Script, status: int
) -> None:
    archive = Archive(
        Service(client, Gate("archive")),
        metadata_url=script.url + "/{item}",
        details_url=script.url + "/{item}",
    )
    script.then(say(status, b"<!DOCTYPE html><html></html>"))
    with pytest.raises(TransientError):
        await archive.read(ITEM)
    with pytest.raises(TransientError):
        await archive.is_missing(ITEM)


def test_names() -> None:
    assert names.item(GID) == ITEM
    assert names.image(GID, 7, "png") == f"{ITEM}-7.png"
    assert names.thumbnail(GID, 7, 250) == f"{ITEM}-7_thumb250.jpg"
    assert names.metadata_xml(GID) == f"{ITEM}_mb_metadata.xml"
    assert names.parse_item(ITEM) == GID
    assert names.parse_image(f"{ITEM}-7.png") == names.ImageName(GID, 7, "png")
    assert names.parse_thumbnail(f"{ITEM}-7_thumb1200.jpg") == names.ThumbnailName(GID, 7, 1200)


@pytest.mark.parametrize(
    "name",
    [
        f"{ITEM}-7_thumb250.jpg",
        f"{ITEM}-7_thumb.jpg",
        f"{ITEM}-7_itemimage.jpg",
        f"{ITEM}-7_text.pdf",
        f"{ITEM}-7.jpg_meta.txt",
        f"{ITEM}-7.jpeg",
        f"{ITEM}-7.JPG",
        f"{ITEM}-7.jpg\n",
        f"{ITEM}-٧.jpg",
        f"{ITEM}-.jpg",
        f"{ITEM.upper()}-7.jpg",
        f"history/files/{ITEM}-7.jpg.~1~",
        f"history/{ITEM}-7.jpg",
        f"{ITEM}_mb_metadata.xml",
        "index.json",
    ],
)
def test_everything_else_is_no_image(name: str) -> None:
    assert names.parse_image(name) is None
    assert names.parse_item(name) is None


@pytest.mark.parametrize("title", ["\ud800", "x\udc00", "\0", "\\\0"])
def test_text_that_nothing_can_store(title: str) -> None:
    with pytest.raises(TransientError, match="characters that no text has"):
        present(metadata={"title": title})


@pytest.mark.parametrize("title", ["𝄞", "한국", "\\u0000", "\\ud800", "C:\\"])
def test_text_that_only_looks_like_that(title: str) -> None:
    assert present(metadata={"title": title}).values("title") == (title,)


def test_list_of_files_has_to_be_complete() -> None:
    entry = {"name": "index.json"}
    assert len(present(files=[entry], files_count=1).files) == 1
    with pytest.raises(TransientError, match="not complete"):
        present(files=[entry], files_count=2)


@pytest.mark.parametrize("body", [b"\xff", "{}".encode("utf-16"), b'{"title": "\xed\xa0\x80"}'])
def test_only_utf_8_is_read(body: bytes) -> None:
    with pytest.raises(TransientError, match="not JSON"):
        parse(ITEM, body)
