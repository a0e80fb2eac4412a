"""Images where they should not be, and what merged and deleted entities leave behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from artwork_indexer.archive import names
from audit.index_document import is_number, listed_ids
from audit.lookups import Wanted, wanted
from audit.states import (
    Absent,
    Content,
    Dark,
    Evidence,
    Holder,
    IndexFile,
    Lacks,
    Life,
    Listed,
    Matches,
    Missing,
    NotNeeded,
    OwnerItem,
    Surroundings,
    Unreadable,
)
from tests.audit.comparison_fixtures import (
    GID,
    OLD_IDS,
    OWNER,
    STRAY,
    document,
    dump,
    expected,
    file,
    item,
    kinds,
    look,
    owned,
    stray_files,
    three_images,
    waits,
    with_index,
)
from tests.audit.comparison_fixtures import MERGED as OTHER_MERGED
from tests.audit.test_compare_item import id_of

LIVE = expected(*three_images())
MERGED = expected(life=Life.MERGED)
GONE = expected(life=Life.GONE)
UNKNOWN = Surroundings(owners={STRAY: None})
NAME = names.image(GID, STRAY, "jpg")


def same() -> Listed:
    entry = stray_files()[NAME]
    return Listed(entry["md5"], int(entry["size"]))


def listing(*numbers: int) -> bytes:
    """An index.json that lists these images besides the live entity's own."""
    made = document(LIVE)
    for number in numbers:
        made["images"].append({**made["images"][0], "id": number})
    return dump(made)


RESCUE: list[tuple[OwnerItem | None, dict[str, Any], list[str], list[str]]] = [
    (same(), {}, ["stray-copied"], []),
    (Lacks(), {}, ["stray-not-copied"], []),
    (Listed("0" * 32, same().size), {}, ["stray-other-bytes"], []),
    (Listed(same().md5, 1), {}, ["stray-other-bytes"], []),
    (Dark(), {}, ["stray-owner-dark"], []),
    (same(), {"darkened": True}, ["stray-owner-dark"], []),
    (same(), {"suffix": "png"}, ["stray-other-bytes"], []),
    (Unreadable("no answer"), {}, [], ["unreadable"]),
    (Listed(None, 5), {}, [], ["unreadable"]),
    (Listed(same().md5, None), {}, [], ["unreadable"]),
    (None, {}, [], ["unreadable"]),
    (same(), {"entity_type": "event"}, ["stray-other-archive"], []),
    (same(), {"gid": GID}, [], ["database-changed"]),
]


@pytest.mark.parametrize(("there", "owner", "found", "waiting"), RESCUE)
@pytest.mark.parametrize("life", [Life.LIVE, Life.MERGED, Life.GONE])
def test_an_unlisted_original_of_another_entity(
    life: Life, there: OwnerItem | None, owner: dict[str, Any], found: list[str], waiting: list[str]
) -> None:
    here = LIVE if life is Life.LIVE else expected(life=life)
    index: IndexFile = Matches() if life is Life.LIVE else Absent()
    actual = item(here, index=index, files=stray_files())
    comparison = look(here, actual, owned(there=there, **owner))
    assert kinds(comparison) == found
    assert waits(comparison) == waiting


@pytest.mark.parametrize(("there", "owner", "found", "waiting"), RESCUE)
def test_a_listed_original_of_another_entity(
    there: OwnerItem | None, owner: dict[str, Any], found: list[str], waiting: list[str]
) -> None:
    actual = with_index(LIVE, listing(STRAY), files=stray_files())
    comparison = look(LIVE, actual, owned(there=there, **owner))
    is_of_another = not owner.keys() & {"entity_type", "gid"}
    assert kinds(comparison) == sorted(found + ["stray-listed"] * is_of_another)
    assert waits(comparison) == waiting


@pytest.mark.parametrize(
    ("elsewhere", "found", "waiting"),
    [
        (Lacks(), ["stray-not-copied"], []),
        (Dark(), ["stray-not-copied"], []),
        (same(), ["stray-not-copied"], []),
        (Listed("0" * 32, same().size), ["stray-other-bytes"], []),
        (Listed(same().md5, 1), ["stray-other-bytes"], []),
        (Listed(None, 5), [], ["unreadable"]),
        (Unreadable("no answer"), [], ["unreadable"]),
    ],
)
def test_nobody_but_a_person_chooses_among_versions(
    elsewhere: OwnerItem, found: list[str], waiting: list[str]
) -> None:
    """The owner lacks the image, and another MBID merged into the owner may have it too."""
    around = replace(owned(there=Lacks()), holders={STRAY: (Holder(OTHER_MERGED, elsewhere),)})
    comparison = look(MERGED, item(MERGED, index=Absent(), files=stray_files()), around)
    assert (kinds(comparison), waits(comparison)) == (found, waiting)


def test_an_image_that_is_only_listed_is_taken_out() -> None:
    comparison = look(LIVE, with_index(LIVE, listing(STRAY)), owned(there=Lacks()))
    assert kinds(comparison) == ["stray-listed"]


def test_an_id_as_text_is_judged_by_its_owner() -> None:
    body = listing(STRAY).replace(str(STRAY).encode(), b'"%d"' % STRAY)
    comparison = look(LIVE, with_index(LIVE, body), owned(there=Lacks()))
    assert kinds(comparison) == ["image-id-text", "stray-listed"]


def test_images_nobody_knows_are_for_a_person() -> None:
    assert kinds(look(LIVE, item(LIVE, files=stray_files()), UNKNOWN)) == ["stray-unknown"]
    assert kinds(look(LIVE, with_index(LIVE, listing(STRAY)), UNKNOWN)) == ["stray-listed-unknown"]


def test_without_art_the_same_holds() -> None:
    empty = expected()
    assert kinds(look(empty, item(empty, files=stray_files()), UNKNOWN)) == ["stray-unknown"]
    made = {**document(empty), "images": [{**document(LIVE)["images"][0], "id": STRAY}]}
    listed = with_index(empty, dump(made))
    assert kinds(look(empty, listed, owned(there=Lacks()))) == ["stray-listed"]


@pytest.mark.parametrize("life", [Life.LIVE, Life.MERGED, Life.GONE])
@pytest.mark.parametrize(("age", "found"), [(60, False), (23 * 3600, False), (25 * 3600, True)])
def test_unlisted_images_of_today_are_left_alone(life: Life, age: float, found: bool) -> None:
    here = LIVE if life is Life.LIVE else expected(life=life)
    number = id_of(age)
    files = {names.image(GID, number, "jpg"): file(b"new")}
    actual = item(here, index=Matches() if life is Life.LIVE else Absent(), files=files)
    comparison = look(here, actual, Surroundings(owners={number: None}))
    assert waits(comparison) == ([] if found else ["fresh-upload"])
    assert bool(comparison.findings) is found


def test_a_time_in_the_future_says_nothing() -> None:
    number = id_of(-30 * 24 * 3600)
    files = {names.image(GID, number, "jpg"): file(b"new")}
    comparison = look(LIVE, item(LIVE, files=files), Surroundings(owners={number: None}))
    assert (kinds(comparison), waits(comparison)) == (["stray-unknown"], [])


def test_a_listed_image_of_today_is_judged() -> None:
    number = id_of(60)
    comparison = look(LIVE, with_index(LIVE, listing(number)), Surroundings(owners={number: None}))
    assert (kinds(comparison), waits(comparison)) == (["stray-listed-unknown"], [])


def test_two_originals_of_another_entity_with_one_id() -> None:
    files = stray_files() | {names.image(GID, STRAY, "png"): file(b"png")}
    comparison = look(LIVE, item(LIVE, files=files), owned(there=same()))
    assert kinds(comparison) == ["two-originals"]


def left(
    here: Any, index: IndexFile, files: Any = None, surroundings: Surroundings | None = None,
    without: Any = (), **changes: Any,
) -> list[str]:  # fmt: skip
    actual = item(here, index=index, files=files, without=without, **changes)
    return kinds(look(here, actual, surroundings))


@pytest.mark.parametrize("here", [MERGED, GONE])
class TestMergedOrGone:
    def test_nothing_of_ours(self, here: Any) -> None:
        assert left(here, Absent()) == []
        assert kinds(look(here, Missing())) == []

    def test_the_residual_document_does_not_count(self, here: Any) -> None:
        files = {names.metadata_xml(GID): file(b"<xml/>")}
        assert left(here, Absent(), files) == []

    @pytest.mark.parametrize("index", [Matches(), Content(b"{"), Content(b"{}")])
    def test_an_index(self, here: Any, index: IndexFile) -> None:
        assert left(here, index, {"index.json": file(b"")}) == ["leftover-index"]

    def test_an_index_that_lists_an_image_of_another(self, here: Any) -> None:
        body = dump({"images": [{"id": STRAY}]})
        files = {"index.json": file(body)}
        assert left(here, Content(body), files, owned(there=Lacks())) == ["leftover-index"]

    def test_an_index_that_lists_an_image_nobody_knows(self, here: Any) -> None:
        body = dump({"images": [{"id": str(STRAY)}]})
        found = left(here, Content(body), {"index.json": file(body)}, UNKNOWN)
        assert found == ["leftover-index", "stray-listed-unknown"]

    def test_an_original_nobody_knows(self, here: Any) -> None:
        assert left(here, Absent(), stray_files(), UNKNOWN) == ["stray-unknown"]

    def test_an_original_nobody_knows_where_there_never_was_an_index(self, here: Any) -> None:
        without = ["history/files/index.json.~1~"]
        found = left(here, Absent(), stray_files(), UNKNOWN, without)
        assert found == ["test-upload"]

    def test_thumbnails_only(self, here: Any) -> None:
        files = stray_files()
        del files[NAME]
        assert left(here, Absent(), files) == ["leftover-derivatives"]

    def test_thumbnails_do_not_count_while_there_is_more(self, here: Any) -> None:
        files = stray_files()
        del files[NAME]
        assert left(here, Matches(), files) == ["leftover-index"]

    @pytest.mark.parametrize("name", ["metadata.xml", "derive.log", f"mbid-{GID}-front.jpg"])
    def test_other_files_only(self, here: Any, name: str) -> None:
        assert left(here, Absent(), {name: file(b"")}) == ["leftover-files"]

    def test_metadata_does_not_matter(self, here: Any) -> None:
        assert left(here, Absent(), meta={"noindex": None, "collection": None}) == []

    def test_somebody_elses_item_matters_once_something_is_to_be_removed(self, here: Any) -> None:
        foreign = {"uploader": "x@example.org"}
        assert left(here, Absent(), meta=foreign) == []
        assert left(here, Matches(), meta=foreign) == ["foreign-uploader", "leftover-index"]

    def test_an_index_that_was_not_read_is_no_verdict(self, here: Any) -> None:
        assert waits(look(here, item(here, index=NotNeeded()))) == ["unreadable"]


def test_a_healthy_entity_needs_no_lookups() -> None:
    assert wanted(LIVE, item(LIVE), Evidence()) == Wanted()
    assert wanted(MERGED, item(MERGED, index=Absent()), Evidence()) == Wanted()
    assert wanted(GONE, Missing(), Evidence()) == Wanted()
    assert wanted(expected(), Missing(), Evidence()) == Wanted()
    assert wanted(LIVE, Dark(), Evidence()) == Wanted()
    assert wanted(LIVE, Unreadable("x"), Evidence()) == Wanted()


def test_what_is_looked_up() -> None:
    actual = with_index(LIVE, listing(7), files=stray_files())
    assert wanted(LIVE, actual, Evidence()) == Wanted(stray_ids=frozenset({7, STRAY}))
    assert wanted(LIVE, Missing(), Evidence()) == Wanted(missing=LIVE.images)
    lacking = item(LIVE, without=[names.image(GID, OLD_IDS[1], "png")])
    assert wanted(LIVE, lacking, Evidence()) == Wanted(missing=(LIVE.images[1],))
    gone = item(GONE, index=Content(dump({"images": [{"id": 7}]})), files=stray_files())
    assert wanted(GONE, gone, Evidence()) == Wanted(stray_ids=frozenset({7, STRAY}))


def test_darkened_and_malformed_entities_need_no_lookups() -> None:
    actual = item(LIVE, files=stray_files())
    assert wanted(replace(LIVE, life=Life.DARKENED), actual, Evidence()) == Wanted()
    assert wanted(replace(LIVE, malformed=("row",)), actual, Evidence()) == Wanted()


def test_an_owner_that_was_not_looked_up_is_an_error() -> None:
    with pytest.raises(KeyError):
        look(LIVE, item(LIVE, files=stray_files()))


def test_evidence_of_a_stray_is_what_its_delete_relies_on() -> None:
    (finding,) = look(MERGED, item(MERGED, index=Absent(), files=stray_files()),
                      owned(there=same())).findings  # fmt: skip
    assert finding.details == {
        "suffix": "jpg", "md5": same().md5, "size": same().size, "owner": OWNER,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("1", True), (str(2**63 - 1), True), (str(2**63), False), ("0", False), ("", False),
     ("01", False), ("-1", False), ("1 ", False), ("9" * 30, False),
     ("\N{SUPERSCRIPT TWO}", False)],
)  # fmt: skip
def test_what_is_an_image_id_in_digits(text: str, is_one: bool) -> None:
    assert is_number(text) is is_one


def test_ids_are_read_from_whatever_is_listed() -> None:
    entries = [{"id": 1}, {"id": "2"}, {"id": None, "image": "http://x/release/y/3.jpg"}, 5, {}]
    assert listed_ids(dump({"images": entries})) == frozenset({1, 2, 3})
    assert listed_ids(b"{") == listed_ids(b"[]") == listed_ids(b'{"images": 5}') == frozenset()
