"""Recorded documents of the web service, stored in items, against rows that match them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from artwork_indexer.archive import names
from tests.audit.recorded_fixtures import RecordedStage, make_record
from tests.audit.recorded_rows import NOBODY, an_image, release_of_document
from tests.recorded import recorded

pytest_plugins = ["tests.audit.recorded_plugin"]

NO_CREDIT = {"xml-artists": 1}
"""Asked for without artists; every release in MusicBrainz has some."""
RELEASES = {
    "212895ca-ee36-439a-a824-d2620cd10461": NO_CREDIT,
    "833d4c3a-2635-4b7a-83c4-4e560588f23a": {},
    "8eb2b179-643d-3507-b64c-29fcc6745156": NO_CREDIT,
    "9ce41d09-40e4-4d33-af0c-7fed1e558dba": NO_CREDIT,
    "a81f3c15-2f36-47c7-9b0f-f684a8b0530f": NO_CREDIT,
    "b66ebe6d-a577-4af8-9a2e-a029b2147716": NO_CREDIT,
    "fbe4490e-e366-4da2-a37a-82162d2f41a9": {},
}
"""By MBID, what is wrong even if all rows match."""
EVENT = "770fb0b4-0ad8-4774-9275-099b66627355"


def document_of(gid: str) -> bytes:
    return recorded(f"ws2/*_{gid}-*.xml")


async def store(
    stage: RecordedStage, gid: str, images: list[dict[str, Any]], entity_type: str = "release"
) -> None:
    """A healthy item around a recorded document."""
    stage.musicbrainz.quiet()
    index = (await stage.expected(gid, entity_type)).index_bytes
    files = {"index.json": index, names.metadata_xml(gid): document_of(gid)}
    record = make_record(gid, images, files, entity_type)
    stage.outside.bodies |= {
        f"/metadata/mbid-{gid}": record,
        f"/download/mbid-{gid}/{names.metadata_xml(gid)}": document_of(gid),
    }


async def store_releases(stage: RecordedStage) -> None:
    for number, gid in enumerate(RELEASES, start=1):
        body = document_of(gid)
        release = stage.musicbrainz.release(release_of_document(body))
        sides = [side for side in ("Front", "Back") if f"<{side.lower()}>true".encode() in body]
        images = [
            an_image(10 * number + place, kind)
            for place, kind in enumerate([*sides, "Booklet"], start=1)
        ]
        stage.musicbrainz.images("release", release, images)
        if b"<artwork>true" not in body:
            # As while the upload was not finished.
            stage.rows.run(
                "UPDATE musicbrainz.release_meta SET cover_art_presence = 'absent'"
                " WHERE id = %(id)s",
                id=release,
            )
        await store(stage, gid, images)


async def store_event(stage: RecordedStage) -> None:
    images = [an_image(7, "Poster")]
    event = stage.musicbrainz.event(document_of(EVENT))
    stage.musicbrainz.images("event", event, images)
    await store(stage, EVENT, images, "event")


async def audit_releases(stage: RecordedStage) -> dict[str, dict[str, int]]:
    """The findings by MBID."""
    for gid in RELEASES:
        await stage.watch(gid)
    assert await stage.run() == 0
    for gid in RELEASES:
        status, kinds = stage.verdict(gid)
        assert status == ("deferred" if kinds else "clean")
        assert stage.outside.asked(f"/download/mbid-{gid}/") == [
            f"/download/mbid-{gid}/{names.metadata_xml(gid)}"
        ]
    return {gid: stage.kinds(gid) for gid in RELEASES}


async def test_documents_of_releases_that_match(stage: RecordedStage) -> None:
    await store_releases(stage)
    assert await audit_releases(stage) == RELEASES


SET = "UPDATE musicbrainz.release SET "
META = "UPDATE musicbrainz.release_meta SET "
ARTIST = "UPDATE musicbrainz.artist SET "


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("title", SET + "name = name || '.'"),
        ("status", SET + "status = 3"),
        ("language", SET + "language = (SELECT id FROM musicbrainz.language WHERE name = '?')"),
        ("barcode", SET + "barcode = '4006381333931'"),
        ("barcode", SET + "barcode = CASE WHEN barcode IS NULL THEN '' END"),
        ("asin", META + "amazon_asin = 'B00000000X'"),
        (
            "artwork",
            META + "cover_art_presence = CASE cover_art_presence WHEN 'absent' THEN 'present'"
            " ELSE 'absent' END::musicbrainz.cover_art_presence",
        ),
        ("events", "INSERT INTO musicbrainz.release_unknown_country SELECT id, 1950 FROM release"),
        ("artists", ARTIST + "name = name || '.'"),
        ("artists", ARTIST + "sort_name = sort_name || '.'"),
        ("artists", ARTIST + "gid = gen_random_uuid()"),
        ("artists", ARTIST + "area = (SELECT min(area) FROM musicbrainz.iso_3166_1)"),
    ],
)
async def test_one_changed_field_of_releases(stage: RecordedStage, field: str, change: str) -> None:
    stage.musicbrainz.insert("musicbrainz.language", name="?", iso_code_3="qaa")
    await store_releases(stage)
    stage.rows.run("SET search_path = musicbrainz")
    stage.rows.run(change)
    assert await audit_releases(stage) == {
        gid: {**kinds, f"xml-{field}": 1} for gid, kinds in RELEASES.items()
    }


async def test_what_else_is_in_a_document_is_tolerated(stage: RecordedStage) -> None:
    await store_releases(stage)
    stage.rows.run(SET + "packaging = 5, comment = 'another', quality = 2")
    stage.rows.run(ARTIST + "comment = 'another', type = 3")
    stage.rows.run("UPDATE musicbrainz.artist_credit_name SET name = 'credited otherwise'")
    assert await audit_releases(stage) == RELEASES


async def test_a_document_that_the_web_service_still_gives_is_right(stage: RecordedStage) -> None:
    await store_releases(stage)
    await store_event(stage)
    for gid in RELEASES:
        stage.outside.bodies[f"/ws/2/release/{gid}"] = document_of(gid)
        await stage.watch(gid)
    stage.outside.bodies[f"/ws/2/event/{EVENT}"] = document_of(EVENT)
    await stage.watch(EVENT, entity_type="event")
    assert await stage.run() == 0
    for gid in (*RELEASES, EVENT):
        assert stage.verdict(gid) == ("clean", {})
        assert stage.kept(gid).xml_md5 == hashlib.md5(document_of(gid)).hexdigest()
    assert stage.outside.asked("/download/") == []


async def test_documents_are_repaired(stage: RecordedStage) -> None:
    await store_releases(stage)
    stage.settings["mode"] = "repair"
    for gid in RELEASES:
        await stage.watch(gid)
    assert await stage.run() == 0
    assert stage.states() == dict.fromkeys(RELEASES, "clean")
    assert stage.rows.table("audit_finding") == []
    assert stage.outside.written == {
        f"mbid-{gid}/{names.metadata_xml(gid)}": await stage.document(gid)
        for gid, kinds in RELEASES.items()
        if kinds
    }


async def audit_event(stage: RecordedStage) -> dict[str, int]:
    await stage.watch(EVENT, entity_type="event")
    assert await stage.run() == 0
    status, kinds = stage.verdict(EVENT)
    assert status == ("deferred" if kinds else "clean")
    assert len(stage.outside.asked("/download/")) == 1
    return kinds


async def test_a_document_of_an_event_that_matches(stage: RecordedStage) -> None:
    await store_event(stage)
    assert await audit_event(stage) == {}


EVENT_SET = "UPDATE musicbrainz.event SET "
PLACE = "UPDATE musicbrainz.place SET "


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", EVENT_SET + "name = name || '.'"),
        ("setlist", EVENT_SET + "setlist = '* a song'"),
        ("time", EVENT_SET + "time = '20:00'"),
        ("cancelled", EVENT_SET + "cancelled = true"),
        ("dates", EVENT_SET + "begin_date_day = 6"),
        ("dates", EVENT_SET + "end_date_day = NULL"),
        ("type", EVENT_SET + "type = 2"),
        ("place", PLACE + "name = name || '.'"),
        ("place", PLACE + "address = ''"),
        ("place", PLACE + "coordinates = '(50.33557,6.9475)'"),
        ("place", "DELETE FROM musicbrainz.l_event_place"),
        ("place", "UPDATE musicbrainz.l_event_place SET entity1_credit = 'the ring'"),
    ],
)
async def test_one_changed_field_of_an_event(stage: RecordedStage, field: str, change: str) -> None:
    await store_event(stage)
    stage.rows.run(change)
    assert await audit_event(stage) == {f"xml-{field}": 1}


async def test_a_performer_that_the_document_lacks(stage: RecordedStage) -> None:
    await store_event(stage)
    ((event,),) = (row.values() for row in stage.rows.run("SELECT id FROM musicbrainz.event"))
    stage.musicbrainz.insert(
        "musicbrainz.l_artist_event",
        link=stage.musicbrainz.link("main performer", "artist", "event"),
        entity0=stage.musicbrainz.artist(NOBODY),
        entity1=event,
    )
    assert await audit_event(stage) == {"xml-performers": 1}
