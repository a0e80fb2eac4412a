"""Differences between a stored document and MusicBrainz, in people's words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import catalogue_item
from audit.field_differences import EVENT_FIELDS, FIELD_NAMES, RELEASE_FIELDS, differences
from audit.states import (
    ArtworkFlags,
    CreditedArtist,
    EventFields,
    Fields,
    Relation,
    ReleaseEvent,
    ReleaseFields,
)

ARTIST = "e5446dd4-552b-42f6-be3e-dc0a1ef2a4f0"
GUEST = "c10faa40-03ba-43db-b3f7-ba8e0445d656"
PLACE = "3099fdf5-ab99-454a-a901-e35cd47d380d"
RELEASE = ReleaseFields(
    title="Solid State Survivor",
    status="Official",
    language="jpn",
    artists=(CreditedArtist(ARTIST, "Band", "Band, The", "JP"),),
    events=(ReleaseEvent("1979-09-25", "JP"), ReleaseEvent("1982", None)),
    barcode="4562109401813",
    asin="B00007KKZ3",
    artwork=ArtworkFlags(artwork=True, count=1, front=True, back=False, darkened=False),
)
PERFORMER = Relation(
    "artist", "main performer", ARTIST, "Band", details=(("sort name", "Band, The"),)
)
HALL = Relation("place", "held at", PLACE, "Hall", details=(("address", "Street 5"),))
EVENT = EventFields(
    name="Night",
    setlist="@ Band",
    time="20:00",
    cancelled=False,
    begin="2001-05-07",
    end="2001-05-08",
    type="Concert",
    relations=(PERFORMER, HALL),
)


def only(found: Fields, wanted: Fields) -> tuple[str, tuple[str, ...]]:
    """The one field that differs, and what is said about it."""
    (difference,) = differences(found, wanted)
    return difference.field, difference.sentences


def test_the_catalogue_has_a_kind_for_each_field() -> None:
    assert catalogue_item.XML_FIELDS.keys() == FIELD_NAMES == {*RELEASE_FIELDS, *EVENT_FIELDS}


@pytest.mark.parametrize(
    ("field", "change", "sentences"),
    [
        ("title", {"title": "x"}, ["title 'x' at IA, 'Solid State Survivor' in MusicBrainz"]),
        ("status", {"status": None}, ["status none at IA, 'Official' in MusicBrainz"]),
        ("language", {"language": "eng"}, ["language 'eng' at IA, 'jpn' in MusicBrainz"]),
        ("barcode", {"barcode": ""}, ["barcode '' at IA, '4562109401813' in MusicBrainz"]),
        ("asin", {"asin": None}, ["asin none at IA, 'B00007KKZ3' in MusicBrainz"]),
        (
            "artists",
            {"artists": (CreditedArtist(ARTIST, "Band", "The Band", None),)},
            [
                "artist 1: sort name 'The Band' at IA, 'Band, The' in MusicBrainz",
                "artist 1: country none at IA, 'JP' in MusicBrainz",
            ],
        ),
        (
            "artists",
            {"artists": (CreditedArtist(GUEST, "Guest", "Guest", None),)},
            [f"artists 'Guest ({GUEST})' at IA, 'Band ({ARTIST})' in MusicBrainz"],
        ),
        (
            "events",
            {"events": (ReleaseEvent("1979-09-25", "JP"), ReleaseEvent(None, "XW"))},
            [
                "release event undated in XW: at IA only",
                "release event 1982 in no country: in MusicBrainz only",
            ],
        ),
        (
            "artwork",
            {
                "artwork": ArtworkFlags(
                    artwork=True, count=1, front=False, back=False, darkened=False
                )
            },
            ["artwork: front false at IA, true in MusicBrainz"],
        ),
    ],
)
def test_a_field_of_a_release(field: str, change: dict[str, Any], sentences: list[str]) -> None:
    assert only(replace(RELEASE, **change), RELEASE) == (field, tuple(sentences))


@pytest.mark.parametrize(
    ("field", "change", "sentences"),
    [
        ("name", {"name": ""}, ["name '' at IA, 'Night' in MusicBrainz"]),
        ("setlist", {"setlist": None}, ["setlist none at IA, '@ Band' in MusicBrainz"]),
        ("time", {"time": "20:30"}, ["time '20:30' at IA, '20:00' in MusicBrainz"]),
        ("cancelled", {"cancelled": True}, ["cancelled true at IA, false in MusicBrainz"]),
        ("dates", {"end": None}, ["dates: end none at IA, '2001-05-08' in MusicBrainz"]),
        ("type", {"type": "Festival"}, ["type 'Festival' at IA, 'Concert' in MusicBrainz"]),
        (
            "performers",
            {"relations": (HALL,)},
            [f"main performer {ARTIST}: in MusicBrainz only"],
        ),
        (
            "performers",
            {"relations": (replace(PERFORMER, name="Old"), HALL)},
            [f"main performer {ARTIST}: name 'Old' at IA, 'Band' in MusicBrainz"],
        ),
        (
            "place",
            {"relations": (PERFORMER, replace(HALL, details=()))},
            [f"held at {PLACE}: address none at IA, 'Street 5' in MusicBrainz"],
        ),
    ],
)
def test_a_field_of_an_event(field: str, change: dict[str, Any], sentences: list[str]) -> None:
    assert only(replace(EVENT, **change), EVENT) == (field, tuple(sentences))


def test_order_does_not_count_where_there_is_none() -> None:
    assert differences(replace(RELEASE, events=RELEASE.events[::-1]), RELEASE) == ()
    assert differences(replace(EVENT, relations=EVENT.relations[::-1]), EVENT) == ()


def test_the_order_of_credited_artists_counts() -> None:
    both = (*RELEASE.artists, CreditedArtist(GUEST, "Guest", "Guest", None))
    one, other = replace(RELEASE, artists=both), replace(RELEASE, artists=both[::-1])
    assert only(one, other)[0] == "artists"


def test_only_chosen_fields() -> None:
    found = replace(RELEASE, title="x", asin=None)
    assert [d.field for d in differences(found, RELEASE)] == ["title", "asin"]
    assert [d.field for d in differences(found, RELEASE, frozenset({"asin"}))] == ["asin"]
    assert differences(found, RELEASE, frozenset({"barcode"})) == ()


def test_characters_that_no_document_can_hold_do_not_count() -> None:
    written = replace(EVENT, setlist="@ Band\n* Song")
    assert differences(written, replace(EVENT, setlist="@ Band\r\n* So\x0bng\ufffe")) == ()
    assert differences(written, replace(EVENT, setlist="@ Band * Song")) != ()


def test_a_document_without_any_sort_name_of_performers_lacks_none() -> None:
    bare = replace(EVENT, relations=(replace(PERFORMER, details=()), HALL))
    assert differences(bare, EVENT) == ()
    changed = replace(EVENT, relations=(replace(PERFORMER, details=(("sort name", "x"),)), HALL))
    assert only(changed, EVENT)[0] == "performers"


def test_a_release_is_not_compared_with_an_event() -> None:
    with pytest.raises(TypeError):
        differences(RELEASE, EVENT)


def test_sentences_hold_no_control_characters() -> None:
    relation = Relation("artist", "x\x1b[31m", "y\x9b", "z")
    for sentence in only(replace(EVENT, relations=(relation, HALL)), EVENT)[1]:
        assert sentence.isprintable()


# --- any fields

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3)
MAYBE = st.none() | st.sampled_from(["a", "b"])
MBIDS = st.sampled_from([ARTIST, GUEST])
RELEASES = st.builds(
    ReleaseFields,
    title=TEXT,
    status=MAYBE,
    language=MAYBE,
    artists=st.lists(st.builds(CreditedArtist, MBIDS, TEXT, TEXT, MAYBE), max_size=3).map(tuple),
    events=st.lists(st.builds(ReleaseEvent, MAYBE, MAYBE), max_size=3).map(tuple),
    barcode=st.none() | TEXT,
    asin=MAYBE,
    artwork=st.builds(ArtworkFlags),
)
DETAILS = st.dictionaries(st.sampled_from(["address", "ended"]), TEXT.filter(bool), max_size=2).map(
    lambda details: tuple(details.items())
)
RELATIONS = st.builds(
    Relation,
    kind=st.sampled_from(["artist", "place"]),
    type=MBIDS,
    mbid=MBIDS,
    name=TEXT,
    begin=MAYBE,
    end=MAYBE,
    details=DETAILS,
)
EVENTS = st.builds(
    EventFields,
    name=TEXT,
    setlist=MAYBE,
    time=MAYBE,
    cancelled=st.booleans(),
    begin=MAYBE,
    end=MAYBE,
    type=MAYBE,
    relations=st.lists(RELATIONS, max_size=4).map(tuple),
)
PAIRS = st.tuples(RELEASES, RELEASES) | st.tuples(EVENTS, EVENTS)


@settings(max_examples=300, deadline=None)
@given(pair=PAIRS)
def test_each_difference_is_told_and_can_be_kept(pair: tuple[Fields, Fields]) -> None:
    found, wanted = pair
    told = differences(found, wanted)
    assert [d.field for d in told] == [d.field for d in differences(wanted, found)]
    for difference in told:
        assert difference.field in FIELD_NAMES
        assert difference.sentences
        kept = json.loads(json.dumps([difference.found, difference.wanted]))
        assert kept == [difference.found, difference.wanted]
    assert differences(found, found) == ()


@settings(max_examples=100, deadline=None)
@given(fields=EVENTS, order=st.randoms(use_true_random=False))
def test_relations_in_any_order_are_the_same(fields: EventFields, order: Any) -> None:
    relations = list(fields.relations)
    order.shuffle(relations)
    assert differences(replace(fields, relations=tuple(relations)), fields) == ()
