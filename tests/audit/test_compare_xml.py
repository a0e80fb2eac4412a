"""The stored document, field by field."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from audit.catalogue_item import XML_FIELDS
from audit.field_differences import EVENT_FIELDS, FIELD_NAMES, RELEASE_FIELDS
from audit.states import Content, EventFields, Expected, Relation
from audit.verdict import Status
from tests.audit.comparison_fixtures import (
    GID,
    OWNER,
    SETTINGS,
    expected,
    image,
    item,
    judge,
    kinds,
    look,
)

RELEASE = expected(image())
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#"><release id="{GID}">
<title>Solid State Survivor</title><status>Official</status><quality>normal</quality>
<text-representation><language>jpn</language><script>Latn</script></text-representation>
<artist-credit><name-credit><name>YMO</name><artist id="{OWNER}">
<name>Yellow Magic Orchestra</name><sort-name>Yellow Magic Orchestra</sort-name>
<country>JP</country></artist></name-credit></artist-credit>
<release-event-list count="1"><release-event><date>2003-01-22</date>
<area id="x"><iso-3166-1-code-list><iso-3166-1-code>JP</iso-3166-1-code></iso-3166-1-code-list>
</area></release-event></release-event-list><barcode>4562109401813</barcode><asin>B00007KKZ3</asin>
<cover-art-archive><artwork>true</artwork><count>9</count><front>true</front><back>false</back>
</cover-art-archive></release></metadata>"""

EVENT = expected(
    image(),
    entity_type="event",
    fields=EventFields(
        name="Rock am Ring",
        setlist="* a song",
        time="20:00",
        cancelled=False,
        begin="1987-06-07",
        end="1987-06-08",
        type="Concert",
        relations=(
            Relation("artist", "main performer", OWNER, "U2"),
            Relation("place", "held at", OWNER, "Nürburgring"),
        ),
    ),
)
EVENT_XML = f"""<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#">
<event id="{GID}" type="Concert"><name>Rock am Ring</name>
<life-span><begin>1987-06-07</begin><end>1987-06-08</end></life-span><time>20:00</time>
<setlist>* a song</setlist>
<relation-list target-type="artist"><relation type="main performer"><target>{OWNER}</target>
<direction>backward</direction><artist id="{OWNER}"><name>U2</name></artist></relation>
</relation-list>
<relation-list target-type="place"><relation type="held at"><target>{OWNER}</target>
<place id="{OWNER}"><name>Nürburgring</name></place></relation></relation-list>
</event></metadata>"""


def found(wanted: Expected, text: str, *chosen: str) -> list[str]:
    settings = replace(SETTINGS, xml_fields=frozenset(chosen))
    comparison = look(wanted, item(wanted, xml=Content(text.encode())), settings=settings)
    json.dumps([finding.details for finding in comparison.findings])
    return kinds(comparison)


def test_each_field_has_its_kind() -> None:
    assert set(XML_FIELDS) == FIELD_NAMES
    assert set(RELEASE_FIELDS) & set(EVENT_FIELDS) == set()


@pytest.mark.parametrize(("wanted", "text"), [(RELEASE, XML), (EVENT, EVENT_XML)])
def test_a_right_document_is_evidence(wanted: Expected, text: str) -> None:
    comparison = look(wanted, item(wanted, xml=Content(text.encode())))
    assert (comparison.findings, comparison.xml_is_right) == ((), True)


CHANGES = [
    (RELEASE, XML, "Solid State", "Liquid State", "title"),
    (RELEASE, XML, "Official", "Bootleg", "status"),
    (RELEASE, XML, "jpn", "eng", "language"),
    (RELEASE, XML, "<name>Yellow", "<name>Green", "artists"),
    (RELEASE, XML, "<sort-name>Yellow", "<sort-name>Green", "artists"),
    (RELEASE, XML, "<country>JP", "<country>US", "artists"),
    (RELEASE, XML, "2003-01-22", "2003", "events"),
    (RELEASE, XML, "<iso-3166-1-code>JP", "<iso-3166-1-code>US", "events"),
    (RELEASE, XML, "<barcode>4562109401813</barcode>", "<barcode/>", "barcode"),
    (RELEASE, XML, "B00007KKZ3", "B00007KKZ4", "asin"),
    (RELEASE, XML, "<back>false", "<back>true", "artwork"),
    (EVENT, EVENT_XML, "<name>Rock", "<name>Roll", "name"),
    (EVENT, EVENT_XML, "a song", "another", "setlist"),
    (EVENT, EVENT_XML, "20:00", "21:00", "time"),
    (EVENT, EVENT_XML, "<time>", "<cancelled>true</cancelled><time>", "cancelled"),
    (EVENT, EVENT_XML, "06-08", "06-09", "dates"),
    (EVENT, EVENT_XML, "Concert", "Festival", "type"),
    (EVENT, EVENT_XML, "main performer", "guest performer", "performers"),
    (EVENT, EVENT_XML, "<name>Nürburgring", "<name>Hockenheimring", "place"),
]


@pytest.mark.parametrize(("wanted", "text", "old", "new", "field"), CHANGES)
def test_each_compared_field(wanted: Expected, text: str, old: str, new: str, field: str) -> None:
    changed = text.replace(old, new)
    assert changed != text
    assert found(wanted, changed) == [f"xml-{field}"]
    assert found(wanted, changed, field) == [f"xml-{field}"]
    assert found(wanted, changed, "unheard-of") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<count>9", "<count>1"),
        ("<quality>normal", "<quality>high"),
        ("<name>YMO</name>", "<name>Y.M.O.</name>"),
        ("<script>Latn</script>", ""),
        ("</release>", "<medium-list count='1'/><later>x</later></release>"),
    ],
)
def test_the_rest_is_tolerated(old: str, new: str) -> None:
    assert found(RELEASE, XML.replace(old, new)) == []


def test_a_field_that_is_not_chosen_is_no_finding_and_no_evidence() -> None:
    settings = replace(SETTINGS, xml_fields=frozenset({"title"}))
    text = XML.replace("Official", "Bootleg").encode()
    comparison = look(RELEASE, item(RELEASE, xml=Content(text)), settings=settings)
    assert (comparison.findings, comparison.xml_is_right) == ((), False)


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "{}", XML[:300], XML.replace("<release ", "<recording ", 1),
     '<!DOCTYPE x [<!ENTITY a "b">]><metadata>&a;</metadata>', "\x00"],
)  # fmt: skip
def test_what_is_no_document(text: str) -> None:
    assert found(RELEASE, text) == ["xml-unparsable"]


@pytest.mark.parametrize("gid", [OWNER, "", "x\u2028"])
def test_a_document_about_another_entity(gid: str) -> None:
    assert found(RELEASE, XML.replace(GID, gid)) == ["xml-entity"]


def test_it_is_told_in_words_and_mended_by_an_index() -> None:
    text = XML.replace("Solid State", "Liquid State").encode()
    verdict = judge(RELEASE, item(RELEASE, xml=Content(text)))
    assert verdict.message == (
        "mb_metadata.xml: title 'Liquid State Survivor' at IA, "
        "'Solid State Survivor' in MusicBrainz"
    )
    assert (verdict.status, [e.action for e in verdict.plan]) == (Status.REPAIR_QUEUE, ["index"])


def test_without_known_fields_nothing_is_said() -> None:
    unknown = replace(RELEASE, fields=None)
    comparison = look(unknown, item(unknown, xml=Content(XML.encode())))
    assert (comparison.findings, comparison.xml_is_right) == ((), False)
