"""Fields out of documents: today's, those of former years, and ones that nobody should send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artwork_indexer.musicbrainz.webservice import LARGEST_DOCUMENT
from artwork_indexer.projects import BY_ENTITY_TYPE, CAA, EAA
from audit import xml_fields
from audit.states import (
    ArtworkFlags,
    CreditedArtist,
    EventFields,
    Relation,
    ReleaseEvent,
    ReleaseFields,
)
from tests.recorded import recorded

GID = "f3009a5c-825f-4542-93bd-488e53fdf07c"
ARTIST = "e5446dd4-552b-42f6-be3e-dc0a1ef2a4f0"
PLACE = "3099fdf5-ab99-454a-a901-e35cd47d380d"
NO_ART = ArtworkFlags(artwork=False, count=0, front=False, back=False, darkened=False)
"""What a document says that does not mention art."""


def document(inner: str, entity: str = "release", attributes: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#">'
        f'<{entity} id="{GID}"{attributes}>{inner}</{entity}></metadata>\n'
    ).encode()


def release(inner: str) -> ReleaseFields:
    fields = xml_fields.parse(CAA, document(inner)).fields
    assert isinstance(fields, ReleaseFields)
    return fields


def event(inner: str, attributes: str = "") -> EventFields:
    fields = xml_fields.parse(EAA, document(inner, "event", attributes)).fields
    assert isinstance(fields, EventFields)
    return fields


# --- documents of all ages


@pytest.mark.parametrize(
    "start",
    [
        "event_770fb0b4-0ad8-4774-9275-099b66627355",
        "release_212895ca-ee36-439a-a824-d2620cd10461",
        "release_833d4c3a-2635-4b7a-83c4-4e560588f23a",
        "release_8eb2b179-643d-3507-b64c-29fcc6745156",
        "release_9ce41d09-40e4-4d33-af0c-7fed1e558dba",
        "release_a81f3c15-2f36-47c7-9b0f-f684a8b0530f",
        "release_b66ebe6d-a577-4af8-9a2e-a029b2147716",
        "release_fbe4490e-e366-4da2-a37a-82162d2f41a9",
    ],
)
def test_recorded_documents_parse(start: str) -> None:
    entity_type, _, gid = start.partition("_")
    found = xml_fields.parse(BY_ENTITY_TYPE[entity_type], recorded(f"ws2/{start}*"))
    assert found.gid == gid
    assert isinstance(found.fields, ReleaseFields) is (entity_type == "release")


def test_a_recorded_release_of_2012_with_the_older_order() -> None:
    assert xml_fields.parse(CAA, recorded("ws2/release_833d4c3a*")).fields == ReleaseFields(
        title="Ruined Subjects",
        status="Official",
        language="eng",
        artists=(
            CreditedArtist(
                "fbb941cc-6891-4c8f-8697-1e464aaa8c78", "JT Bruce", "Bruce, JT", country=None
            ),
        ),
        events=(ReleaseEvent("2011-08-09", "XW"),),
        barcode=None,
        asin=None,
        artwork=NO_ART,
    )


def test_a_recorded_release_with_an_empty_barcode() -> None:
    fields = xml_fields.parse(CAA, recorded("ws2/release_9ce41d09*")).fields
    assert isinstance(fields, ReleaseFields)
    assert (fields.barcode, fields.language, fields.events) == (
        "",
        "mul",
        (ReleaseEvent("2013-05", "FR"),),
    )


def test_a_recorded_event() -> None:
    fields = xml_fields.parse(EAA, recorded("ws2/event_770fb0b4*")).fields
    assert isinstance(fields, EventFields)
    assert (fields.begin, fields.end, fields.type) == ("1987-06-07", "1987-06-07", "Concert")
    (relation,) = fields.relations
    assert dict(relation.details) == {
        "address": "Nürburgring Boulevard 1, 53520 Nürburg",
        "coordinates": "50.335560, 6.947500",
    }


# --- what is read, and what is not


def test_an_empty_release() -> None:
    assert release("") == ReleaseFields("", None, None, (), (), None, None, NO_ART)


def test_an_empty_event() -> None:
    assert event("") == EventFields("", None, None, False, None, None, None, ())


def test_a_release_takes_nothing_from_nested_entities() -> None:
    fields = release(
        "<medium-list><medium><title>inner</title><barcode>1</barcode></medium></medium-list>"
        f'<title>outer</title><release-group id="{PLACE}"><title>group</title><artist-credit>'
        f'<name-credit><artist id="{PLACE}"/></name-credit></artist-credit></release-group>'
    )
    assert (fields.title, fields.barcode, fields.artists) == ("outer", None, ())


def test_unknown_elements_and_attributes_are_tolerated_everywhere() -> None:
    fields = release(
        '<later a="b"><title>x</title></later><artist-credit new="1"><name-credit><later/>'
        f'<artist id="{ARTIST}" type="Group"><later/><sort-name>Band, A</sort-name>'
        "<name>A Band</name><country>DE</country></artist></name-credit></artist-credit>"
        '<title lang="de">right</title>'
    )
    assert fields.title == "right"
    assert fields.artists == (CreditedArtist(ARTIST, "A Band", "Band, A", "DE"),)


def test_a_credited_name_is_not_the_artists_name() -> None:
    fields = release(
        "<artist-credit><name-credit><name>Alias</name>"
        f'<artist id="{ARTIST}"><name>Name</name><sort-name>Sort</sort-name></artist>'
        "</name-credit></artist-credit>"
    )
    assert fields.artists[0].name == "Name"


def test_the_list_of_release_events_goes_before_date_and_country() -> None:
    fields = release(
        '<date>1999</date><country>DE</country><release-event-list count="2">'
        "<release-event/><release-event><date>2001</date><area><iso-3166-1-code-list>"
        "<iso-3166-1-code>FR</iso-3166-1-code></iso-3166-1-code-list></area></release-event>"
        "</release-event-list>"
    )
    assert fields.events == (ReleaseEvent(None, None), ReleaseEvent("2001", "FR"))


@pytest.mark.parametrize("count", ["", "x", "-1", "9" * 5000, "１"])
def test_an_odd_count_is_no_trouble(count: str) -> None:
    fields = release(
        f"<cover-art-archive><artwork>true</artwork><count>{count}</count><back>TRUE</back>"
        "<darkened>true</darkened></cover-art-archive>"
    )
    assert fields.artwork == ArtworkFlags(
        artwork=True, count=0, front=False, back=False, darkened=True
    )


WHOLE_EVENT = (
    "<name>Night</name><cancelled>true</cancelled><life-span><begin>2001-05</begin>"
    "<end>2001-06</end><ended>true</ended></life-span><time>20:00</time>"
    '<setlist>@ Band\n* Song</setlist><relation-list target-type="artist">'
    f'<relation type="main performer"><target>{ARTIST}</target><direction>backward</direction>'
    f'<begin>2001</begin><ended>true</ended><artist id="{ARTIST}"><name>Band</name>'
    "<sort-name>Band, The</sort-name></artist><source-credit>the night</source-credit>"
    "<target-credit>das Band</target-credit></relation></relation-list>"
    '<relation-list target-type="url"><relation type="poster"><target>x</target></relation>'
    "</relation-list>"
)


def test_all_of_an_event() -> None:
    fields = event(WHOLE_EVENT, ' type="Festival"')
    details = {
        "ended": "true",
        "credited as": "das Band",
        "event credited as": "the night",
        "sort name": "Band, The",
    }
    assert fields == EventFields(
        name="Night",
        setlist="@ Band\n* Song",
        time="20:00",
        cancelled=True,
        begin="2001-05",
        end="2001-06",
        type="Festival",
        relations=(
            Relation(
                "artist", "main performer", ARTIST, "Band", "2001", None, tuple(details.items())
            ),
        ),
    )


@pytest.mark.parametrize(
    ("latitude", "longitude", "compared"),
    [
        ("50.33556", "6.9475", "50.335560, 6.947500"),
        ("50.3355600000001", "6.94750", "50.335560, 6.947500"),
        ("north", "6.9", "north, 6.9"),
        ("1e999", "nan", "inf, nan"),
    ],
)
def test_coordinates_are_compared_as_numbers(latitude: str, longitude: str, compared: str) -> None:
    fields = event(
        f'<relation-list><relation><place id="{PLACE}"><coordinates><latitude>{latitude}</latitude>'
        f"<longitude>{longitude}</longitude></coordinates></place></relation></relation-list>"
    )
    assert dict(fields.relations[0].details) == {"coordinates": compared}


# --- what is no document


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not well-formed"),
        (b"<metadata", "not well-formed"),
        (b"\x00\x01", "not well-formed"),
        (b"<html><body>Service Unavailable</body></html>", "no document about one release"),
        (document("", "event"), "no document about one release"),
        (document("").replace(b"mmd-2.0#", b"mmd-1.0#"), "no document about one release"),
        (document("").replace(b"metadata", b"data"), "no document about one release"),
        (b"<error><text>Not Found</text></error>", "no document about one release"),
        (
            b"<!DOCTYPE metadata [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
            + document("<title>&x;</title>").partition(b"\n")[2],
            "document type",
        ),
        (document("<a/>" * xml_fields.MOST_TAGS), "far too large"),
        (b" " * (LARGEST_DOCUMENT + 1), "far too large"),
        (document("<a>" * 1000 + "</a>" * 1000), "not well-formed"),
    ],
)
def test_what_is_no_document_is_refused_with_a_reason(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        xml_fields.parse(CAA, body)


def test_an_undefined_entity_is_not_looked_up() -> None:
    with pytest.raises(ValueError, match="not well-formed"):
        release("<title>&undefined;</title>")


def test_a_document_without_mbid_is_about_none() -> None:
    body = document("").replace(f' id="{GID}"'.encode(), b"")
    assert xml_fields.parse(CAA, body).gid == ""


@settings(max_examples=300, deadline=None)
@given(
    damages=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4),
    length=st.integers(0, 2000),
)
def test_a_damaged_document_gives_fields_or_a_reason(
    damages: list[tuple[int, int]], length: int
) -> None:
    body = bytearray(document(WHOLE_EVENT, "event"))
    for place, value in damages:
        body[place % len(body)] = value
    outcome: object = None
    try:
        outcome = xml_fields.parse(EAA, bytes(body[: max(length, 500)])).fields
    except ValueError as error:
        outcome = str(error)
    assert outcome
