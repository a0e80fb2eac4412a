"""Reading an item: what is asked for, what is believed, and how many requests that takes."""

from __future__ import annotations

import pytest

from artwork_indexer.sandbox.internet_archive import Content as StoredContent
from audit import actual
from audit.states import (
    Absent,
    Content,
    Dark,
    Evidence,
    Expected,
    Item,
    Life,
    Matches,
    Missing,
    NotNeeded,
    TooLarge,
    Unreadable,
)
from tests.audit.actual_fixtures import (
    GID,
    INDEX,
    ITEM,
    OTHER,
    XML,
    Outside,
    document,
    evidence,
    expected,
    image,
)
from tests.http_fixtures import say

pytest_plugins = ["tests.audit.actual_plugin"]

DOWNLOAD = ["download", "node"]
"""One download: the redirect and the node."""


async def read(outside: Outside, wanted: Expected, known: Evidence | None = None) -> Item:
    found = await outside.read(wanted, known or Evidence())
    assert isinstance(found, Item)
    return found


async def test_healthy_item_costs_one_request_and_a_document(outside: Outside) -> None:
    wanted = expected(image(7), image(8, "png"))
    outside.healthy(wanted)
    found = await read(outside, wanted)
    assert (found.index, found.xml) == (Matches(), Matches())
    assert found.record.uploader == "caa@musicbrainz.org"
    assert outside.requests == ["metadata"]
    assert outside.asked == [f"/ws/2/release/{GID}?inc=artists"]


async def test_no_document_is_fetched_when_nothing_changed(outside: Outside) -> None:
    wanted = expected(image())
    outside.healthy(wanted)
    found = await read(outside, wanted, evidence(document()))
    assert (found.index, found.xml) == (Matches(), Matches())
    assert (outside.requests, outside.asked) == (["metadata"], [])


@pytest.mark.parametrize(
    "known", [evidence(document(), "of other fields"), evidence(document(title="older"))]
)
async def test_evidence_of_other_fields_or_other_bytes_is_worth_nothing(
    outside: Outside, known: Evidence
) -> None:
    wanted = expected(image())
    outside.healthy(wanted)
    assert (await read(outside, wanted, known)).xml == Matches()
    assert len(outside.asked) == 1


async def test_without_a_web_service_the_stored_document_is_downloaded(outside: Outside) -> None:
    wanted = expected(image())
    outside.healthy(wanted)
    found = await outside.read(wanted, web_service=False)
    assert isinstance(found, Item)
    assert found.xml == Content(document())
    assert outside.requests == ["metadata", *DOWNLOAD]


async def test_another_index_is_downloaded(outside: Outside) -> None:
    wanted = expected(image())
    outside.healthy(expected(image(comment="old")))
    found = await read(outside, wanted, evidence(document()))
    assert found.index == Content(expected(image(comment="old")).index_bytes)
    assert outside.requests == ["metadata", *DOWNLOAD]
    assert [entry.header("authorization") for entry in outside.archive.journal] == [None] * 3


async def test_another_document_is_downloaded(outside: Outside) -> None:
    wanted = expected(image())
    outside.healthy(wanted)
    outside.store(XML, document(title="old"))
    found = await read(outside, wanted)
    assert (found.index, found.xml) == (Matches(), Content(document(title="old")))
    assert outside.requests == ["metadata", *DOWNLOAD]
    assert len(outside.asked) == 1


@pytest.mark.parametrize("body", [b"", b"\x00\xff broken", b"<html>stored like this</html>"])
async def test_stored_bytes_are_content_however_broken(outside: Outside, body: bytes) -> None:
    wanted = expected(image())
    outside.healthy(wanted)
    outside.store(INDEX, body)
    outside.store(XML, body)
    found = await read(outside, wanted)
    assert (found.index, found.xml) == (Content(body), Content(body))


async def test_absent_files(outside: Outside) -> None:
    wanted = expected(image())
    item = outside.healthy(wanted)
    item.remove(INDEX, 0)
    item.remove(XML, 0)
    found = await read(outside, wanted)
    assert (found.index, found.xml) == (Absent(), Absent())
    assert (outside.requests, outside.asked) == (["metadata"], [])


async def test_files_too_large_to_be_ours_are_not_downloaded(outside: Outside) -> None:
    wanted = expected(image())
    item = outside.healthy(wanted)
    size = actual.LARGEST_INDEX + 1
    item.put(INDEX, StoredContent.repeated(b"[]", size), 0)
    item.put(XML, StoredContent.repeated(b"[]", 3 * size), 0)
    found = await read(outside, wanted)
    assert (found.index, found.xml) == (TooLarge(size), TooLarge(3 * size))
    assert outside.requests == ["metadata"]


async def test_dark_item(outside: Outside) -> None:
    wanted = expected(image())
    outside.healthy(wanted)
    outside.archive.darken(ITEM)
    assert await outside.read(wanted) == Dark()
    assert outside.requests == ["metadata"]


@pytest.mark.parametrize("answer", [b"{}", b"[]"])
async def test_missing_item_needs_two_signs(outside: Outside, answer: bytes) -> None:
    outside.archive.settings.missing_answer = answer
    assert await outside.read(expected(image())) == Missing()
    assert outside.requests == ["metadata", "details"]


async def test_gone_entity(outside: Outside) -> None:
    outside.healthy(expected(image()))
    found = await read(outside, expected(life=Life.GONE))
    assert (found.index, found.xml) == (Content(expected(image()).index_bytes), NotNeeded())
    assert outside.asked == []


async def test_merged_entity_whose_index_is_empty(outside: Outside) -> None:
    outside.healthy(expected())
    found = await read(outside, expected(life=Life.MERGED))
    assert (found.index, found.xml) == (Matches(), NotNeeded())
    assert outside.requests == ["metadata"]


async def test_darkened_entity(outside: Outside) -> None:
    outside.healthy(expected(image()))
    found = await read(outside, expected(image(8), life=Life.DARKENED))
    assert (found.index, found.xml) == (NotNeeded(), NotNeeded())
    assert (outside.requests, outside.asked) == (["metadata"], [])


async def test_entity_without_art(outside: Outside) -> None:
    outside.healthy(expected())
    found = await read(outside, expected())
    assert (found.index, found.xml) == (Matches(), NotNeeded())
    assert (outside.requests, outside.asked) == (["metadata"], [])


async def test_entity_without_art_whose_index_lists_something(outside: Outside) -> None:
    outside.healthy(expected(image()))
    found = await read(outside, expected())
    assert (found.index, found.xml) == (Content(expected(image()).index_bytes), Matches())


async def test_empty_index_of_another_generation(outside: Outside) -> None:
    outside.healthy(expected())
    body = f'{{"images":[],"release":"http://musicbrainz.org/release/{GID}"}}'.encode()
    outside.store(INDEX, body)
    found = await read(outside, expected())
    assert (found.index, found.xml) == (Content(body), NotNeeded())
    assert outside.asked == []


async def test_event(outside: Outside) -> None:
    wanted = expected(image(), entity_type="event")
    outside.healthy(wanted)
    found = await read(outside, wanted)
    assert (found.index, found.xml) == (Matches(), Matches())
    assert outside.asked == [f"/ws/2/event/{GID}?inc=artist-rels+place-rels"]


@pytest.mark.parametrize(
    "reply",
    [
        say(404, b"<?xml version='1.0'?><error><text>Not Found</text></error>"),
        say(301, location=f"/ws/2/release/{OTHER}"),
        say(301, location="/elsewhere"),
        say(200, document(OTHER)),
        say(200, b"<html>maintenance</html>"),
        say(200, document()[:-20]),
        say(200, b"<!DOCTYPE x [<!ENTITY e 'boom'>]>" + document().split(b"\n", 1)[1]),
        say(400),
        say(406),
        say(500),
    ],
)
async def test_web_service_that_contradicts_the_database(outside: Outside, reply: object) -> None:
    wanted = expected(image())
    outside.healthy(wanted)
    assert callable(reply)
    outside.documents[f"/ws/2/release/{GID}"] = reply
    found = await outside.read(wanted)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith("The web service's document: ")
