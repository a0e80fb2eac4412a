"""The item's metadata, its files, and what is going on with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from artwork_indexer.archive import names
from audit.comparison import CompareSettings
from audit.states import (
    Absent,
    Dark,
    Evidence,
    Holder,
    Lacks,
    Life,
    Listed,
    Missing,
    NotNeeded,
    OwnerItem,
    Surroundings,
    TooLarge,
    Unreadable,
)
from audit.uploads import EPOCH
from tests.audit.comparison_fixtures import (
    DAY,
    GID,
    MERGED,
    NOW,
    OLD_IDS,
    OWNER,
    SETTINGS,
    expected,
    file,
    image,
    image_files,
    item,
    kinds,
    look,
    three_images,
    waits,
)

WANTED = expected(*three_images())
ORIGINAL = names.image(GID, OLD_IDS[0], "jpg")


def id_of(seconds_ago: float) -> int:
    return int((NOW.timestamp() - seconds_ago - EPOCH) * 100)


@pytest.mark.parametrize("entity_type", ["release", "event"])
def test_a_healthy_item_has_no_findings(entity_type: str) -> None:
    wanted = expected(*three_images(), entity_type=entity_type)
    comparison = look(wanted, item(wanted))
    assert (comparison.findings, comparison.waits) == ((), ())
    assert comparison.xml_is_right


@pytest.mark.parametrize(
    ("meta", "found"),
    [
        ({"collection": ["coverartarchive", "fav-somebody"]}, []),
        ({"noindex": ["true"]}, []),
        ({"noindex": True}, []),
        ({"uploader": "CAA@MusicBrainz.org"}, []),
        ({"creator": ["a", "b"], "whatever": {"nested": 1}}, []),
        ({"collection": None}, ["item-collection-wrong"]),
        ({"collection": "eventartarchive"}, ["item-collection-wrong"]),
        ({"collection": ["opensource_image"]}, ["item-collection-wrong"]),
        ({"noindex": None}, ["item-noindex-missing"]),
        ({"noindex": "false"}, ["item-noindex-missing"]),
        ({"mediatype": "images"}, ["item-mediatype-wrong"]),
        ({"mediatype": None}, ["item-mediatype-wrong"]),
        ({"mediatype": ["image", "texts"]}, ["item-mediatype-wrong"]),
        ({"uploader": "somebody@example.org"}, ["foreign-uploader"]),
        ({"uploader": None}, ["foreign-uploader"]),
        ({"uploader": ["caa@musicbrainz.org", "x@example.org"]}, ["foreign-uploader"]),
        ({"uploader": "eventartarchive@metabrainz.org"}, ["foreign-uploader"]),
    ],
)
def test_metadata(meta: dict[str, Any], found: list[str]) -> None:
    assert kinds(look(WANTED, item(WANTED, meta=meta))) == found


def test_configured_uploaders_are_ours_too() -> None:
    settings = replace(SETTINGS, uploaders=frozenset({"test@example.org"}))
    ours = item(WANTED, meta={"uploader": "Test@Example.org"})
    assert kinds(look(WANTED, ours, settings=settings)) == []


@pytest.mark.parametrize("meta", [{"collection": None}, {"noindex": None}, {"mediatype": "texts"}])
def test_without_art_metadata_and_document_do_not_matter(meta: dict[str, Any]) -> None:
    empty = expected()
    for index in (Absent(), NotNeeded()):
        there = item(empty, index=index, xml=Absent(), meta=meta)
        assert kinds(look(empty, there)) == []


def test_without_art_the_uploader_matters() -> None:
    empty = expected()
    foreign = item(empty, index=Absent(), meta={"uploader": "x@example.org"})
    assert kinds(look(empty, foreign)) == ["foreign-uploader"]


@pytest.mark.parametrize(
    ("xml", "found"),
    [(Absent(), ["xml-missing"]), (TooLarge(10**9), ["xml-unparsable"]), (NotNeeded(), [])],
)
def test_the_document(xml: Absent | TooLarge | NotNeeded, found: list[str]) -> None:
    comparison = look(WANTED, item(WANTED, xml=xml))
    assert kinds(comparison) == found
    assert not comparison.xml_is_right


@pytest.mark.parametrize("size", [250, 500, 1200])
def test_a_missing_thumbnail(size: int) -> None:
    thumbnail = names.thumbnail(GID, OLD_IDS[2], size)
    (finding,) = look(WANTED, item(WANTED, without=[thumbnail])).findings
    assert (finding.kind.id, finding.image_id) == (f"thumbnail-{size}-missing", OLD_IDS[2])


def test_thumbnails_of_a_young_image_are_not_missed() -> None:
    for age, found in ((3600.0, 0), (25 * 3600.0, 3)):
        wanted = expected(image(id_of(age)))
        without = [names.thumbnail(GID, wanted.images[0].id, size) for size in (250, 500, 1200)]
        assert len(look(wanted, item(wanted, without=without)).findings) == found


def test_thumbnails_of_a_missing_original_are_not_missed() -> None:
    without = image_files(GID, OLD_IDS[0], "jpg")
    assert kinds(look(WANTED, item(WANTED, without=without))) == ["original-missing"]


def test_two_originals_with_one_id() -> None:
    files = {names.image(GID, OLD_IDS[0], "png"): file(b"png")}
    assert kinds(look(WANTED, item(WANTED, files=files))) == ["two-originals"]


def test_an_original_under_another_suffix_is_missing() -> None:
    files = {names.image(GID, OLD_IDS[0], "png"): file(b"png")}
    holders = {OLD_IDS[0]: (Holder(MERGED, Listed("a", 1)),)}
    there = item(WANTED, files=files, without=[ORIGINAL])
    (finding,) = look(WANTED, there, Surroundings(holders=holders)).findings
    assert finding.kind.id == "original-missing"
    assert finding.message.endswith("the original is a png, MusicBrainz says jpg")


LISTED = Listed("a" * 32, 5)


@pytest.mark.parametrize(
    ("says", "found", "waiting"),
    [
        ([], ["original-missing"], []),
        ([Lacks()], ["original-missing"], []),
        ([Dark()], ["original-missing"], []),
        ([LISTED], ["original-elsewhere"], []),
        ([Lacks(), LISTED], ["original-elsewhere"], []),
        ([Dark(), LISTED], ["original-elsewhere"], []),
        ([LISTED, LISTED], ["original-elsewhere"], []),
        ([LISTED, Listed("b" * 32, 5)], ["original-ambiguous"], []),
        ([Unreadable("no answer")], [], ["unreadable"]),
        ([LISTED, Unreadable("no answer")], [], ["unreadable"]),
        ([Listed(None, None), Listed(None, None)], [], ["unreadable"]),
    ],
)
def test_a_missing_original(says: list[OwnerItem], found: list[str], waiting: list[str]) -> None:
    holders = tuple(Holder(gid, answer) for gid, answer in zip((MERGED, OWNER), says, strict=False))
    surroundings = Surroundings(holders={OLD_IDS[0]: holders})
    comparison = look(WANTED, item(WANTED, without=[ORIGINAL]), surroundings)
    assert kinds(comparison) == found
    assert waits(comparison) == waiting


def test_an_original_that_may_still_arrive_is_waited_for() -> None:
    young = expected(image(id_of(7200)))
    without = image_files(GID, young.images[0].id, "jpg")
    comparison = look(young, item(young, without=without))
    assert (kinds(comparison), waits(comparison)) == ([], ["fresh-upload"])
    assert comparison.waits[0].seconds == pytest.approx(22 * 3600, abs=1)


def test_a_missing_item_is_lost_unless_all_of_it_can_be_copied() -> None:
    assert kinds(look(WANTED, Missing())) == ["item-missing"]
    holders = {number: (Holder(MERGED, LISTED),) for number in OLD_IDS}
    assert (
        kinds(look(WANTED, Missing(), Surroundings(holders=holders))) == ["original-elsewhere"] * 3
    )
    del holders[OLD_IDS[1]]
    comparison = look(WANTED, Missing(), Surroundings(holders=holders))
    assert kinds(comparison) == ["item-missing", "original-elsewhere", "original-elsewhere"]
    assert comparison.findings[0].details == {"images": [OLD_IDS[1]]}


def test_without_art_no_item_is_missed() -> None:
    assert kinds(look(expected(), Missing())) == []


def test_a_dark_item_matters_while_art_is_shown() -> None:
    assert kinds(look(WANTED, Dark())) == ["item-dark"]
    assert kinds(look(expected(), Dark())) == []
    assert kinds(look(expected(life=Life.GONE), Dark())) == []


@pytest.mark.parametrize("before", ["0" * 12, "0" * 32])
def test_changed_bytes_are_found(before: str) -> None:
    evidence = Evidence(originals={OLD_IDS[0]: before})
    (finding,) = look(WANTED, item(WANTED), evidence=evidence).findings
    assert finding.kind.id == "original-replaced"
    assert ORIGINAL in finding.message


def test_the_same_bytes_and_bytes_of_ours_are_not() -> None:
    there = item(WANTED)
    md5 = there.record.files[ORIGINAL].md5
    assert md5 is not None
    same = Evidence(originals={OLD_IDS[0]: md5[:12], 99: "0" * 12})
    assert kinds(look(WANTED, there, evidence=same)) == []
    written = Surroundings(written_ids=frozenset({OLD_IDS[0]}))
    changed = Evidence(originals={OLD_IDS[0]: "0" * 12})
    assert kinds(look(WANTED, there, written, changed)) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("history/files/mbid-x-1.jpg.~1~", []),
        ("_rules.conf", []),
        (f"mbid-{GID}_reviews.xml", []),
        (f"mbid-{GID}-{OLD_IDS[0]}_itemimage.jpg", []),
        ("metadata.xml", ["early-file"]),
        ("front-1.jpg", ["early-file"]),
        (f"mbid-{GID}-front.jpg", ["early-file"]),
        (f"mbid-{GID}-mb_metadata.xml", ["early-file"]),
        (f"mbid-{GID}-123.jpg_meta.txt", ["early-file"]),
        (f"mbid-{GID}-5_thumb250.jpg", ["stray-derivative"]),
        (f"mbid-{GID}-5_text.pdf", ["stray-derivative"]),
        (f"mbid-{OWNER}-5.jpg", ["unknown-file"]),
        (f"mbid-{GID}-5.jpeg", ["unknown-file"]),
        (f"mbid-{GID}-05.jpg", ["unknown-file"]),
        (f"mbid-{GID}-5.tar.jpg", ["unknown-file"]),
        (f"mbid-{GID}-{'9' * 30}.jpg", ["unknown-file"]),
        (f"mbid-{GID}-\N{SUPERSCRIPT TWO}.jpg", ["unknown-file"]),
        (f"mbid-{GID}", ["unknown-file"]),
        ("derive.log", ["unknown-file"]),
        ("", ["unknown-file"]),
        ("\x00\ud800", ["unknown-file"]),
    ],
)
def test_other_files_are_recorded_at_most(name: str, found: list[str]) -> None:
    assert kinds(look(WANTED, item(WANTED, files={name: file(b"")}))) == found


@pytest.mark.parametrize(
    ("changes", "waiting"),
    [
        ({}, []),
        ({"tasks_pending": True}, ["tasks-pending"]),
        ({"tasks_pending": True, "tasks_red": True}, ["tasks-pending"]),
        ({"item_last_updated": int(NOW.timestamp()) - 3600}, ["changed-just-now"]),
        ({"item_last_updated": int(NOW.timestamp()) + 60}, ["changed-just-now"]),
        ({"item_last_updated": int(NOW.timestamp()) - 86401}, []),
        ({"item_last_updated": None}, []),
    ],
)
@pytest.mark.parametrize("life", [Life.LIVE, Life.MERGED, Life.GONE])
def test_an_item_about_to_change_is_not_judged(
    changes: dict[str, Any], waiting: list[str], life: Life
) -> None:
    wanted = expected(*three_images()) if life is Life.LIVE else expected(life=life)
    index = None if life is Life.LIVE else Absent()
    assert waits(look(wanted, item(wanted, index=index, **changes))) == waiting


def test_how_long_a_changed_item_is_left_alone() -> None:
    there = item(WANTED, item_last_updated=int(NOW.timestamp()) - 3600)
    assert look(WANTED, there).waits[0].seconds == pytest.approx(23 * 3600)
    at_once = CompareSettings(settle=timedelta(0), upload_window=DAY)
    assert waits(look(WANTED, there, settings=at_once)) == []


@pytest.mark.parametrize(("since", "found"), [(23, []), (25, ["task-in-error"])])
def test_a_stopped_task_becomes_a_matter_for_a_person(since: int, found: list[str]) -> None:
    evidence = Evidence(red_since=NOW.timestamp() - since * 3600)
    comparison = look(WANTED, item(WANTED, tasks_red=True), evidence=evidence)
    assert kinds(comparison) == found
    assert waits(comparison) == ([] if found else ["tasks-pending"])


def test_a_mirror_judges_nothing_newer_than_itself() -> None:
    for until, waiting in ((1736427017, ["newer-than-replica"]), (1736427018, [])):
        settings = replace(SETTINGS, replicated_until=float(until))
        assert waits(look(WANTED, item(WANTED), settings=settings)) == waiting


def test_open_events_defer() -> None:
    wanted = replace(WANTED, open_events=True)
    assert waits(look(wanted, item(wanted))) == ["open-events"]
    assert waits(look(wanted, Missing())) == ["open-events"]


def test_an_unreadable_item_is_no_finding() -> None:
    for wanted in (WANTED, expected(), expected(life=Life.GONE), expected(life=Life.DARKENED)):
        comparison = look(wanted, Unreadable("The metadata record: HTTP 500"))
        assert (kinds(comparison), waits(comparison)) == ([], ["unreadable"])
        assert comparison.waits[0].reason == "unreadable: The metadata record"


def test_darkness_in_musicbrainz_wins_over_everything_at_the_archive() -> None:
    wanted = expected(*three_images(), life=Life.DARKENED)
    for actual in (Missing(), Dark(), item(wanted, index=Absent(), tasks_pending=True)):
        comparison = look(wanted, actual)
        assert (comparison.findings, comparison.waits) == ((), ())
        busy = look(replace(wanted, open_events=True), actual)
        assert busy.findings == ()
        assert [wait.reason for wait in busy.waits] == ["open-events"]


def test_a_row_that_cannot_be_used_is_the_only_finding() -> None:
    wanted = expected(image(), malformed=("The row 5 has no \x00 type.",))
    (finding,) = look(wanted, Missing()).findings
    assert finding.kind.id == "musicbrainz-row-malformed"
    assert finding.message == "The row 5 has no \\u0000 type."
