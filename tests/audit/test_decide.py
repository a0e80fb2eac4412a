"""Each row of the decision table, with the verdict and the plan it asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from artwork_indexer.archive import names
from audit.states import (
    Absent,
    Actual,
    Dark,
    Evidence,
    Expected,
    Holder,
    Lacks,
    Life,
    Listed,
    Missing,
    Surroundings,
    Unreadable,
)
from audit.verdict import Status, Verdict
from tests.audit.comparison_fixtures import (
    CONTEXT,
    DAY,
    GID,
    NOW,
    OLD_IDS,
    OWNER,
    STRAY,
    actions,
    document,
    dump,
    file,
    item,
    judge,
    owned,
    stray_files,
    with_index,
)
from tests.audit.comparison_fixtures import MERGED as MERGED_GID
from tests.audit.decide_fixtures import (
    CLEAN,
    DEFERRED,
    DELETIONS,
    EMPTY,
    FILES,
    GONE,
    LEGACY,
    LIVE,
    MERGED,
    NAME,
    REPAIR,
    REVIEW,
    SAME,
    broken,
    http,
    statuses,
)


@pytest.mark.parametrize(
    ("row", "wanted", "actual", "surroundings", "status", "plan"),
    [
        ("0 no item", EMPTY, Missing(), None, CLEAN, []),
        ("0 no index", EMPTY, item(EMPTY, index=Absent()), None, CLEAN, []),
        ("0 empty index", EMPTY, item(EMPTY), None, CLEAN, []),
        ("healthy", LIVE, item(LIVE), None, CLEAN, []),
        ("1 no index", LIVE, item(LIVE, index=Absent()), None, REPAIR, ["index"]),
        ("1 no document", LIVE, item(LIVE, xml=Absent()), None, REPAIR, ["index"]),
        ("3", LIVE, item(LIVE, meta={"noindex": None}), None, REPAIR, ["update_metadata"]),
        (
            "1 and 3",
            LIVE,
            item(LIVE, index=Absent(), meta={"noindex": None, "mediatype": None}),
            None,
            REPAIR,
            ["index", "update_metadata"],
        ),
        ("4 value", LIVE, broken(comment="x"), None, REPAIR, ["index"]),
        ("4 id as text", LIVE, broken(id=str(OLD_IDS[0])), None, REPAIR, ["index"]),
        ("4 broken", LIVE, with_index(LIVE, b"{"), None, REPAIR, ["index"]),
        ("4 format", LIVE, http(), None, CLEAN, []),
        ("5 lacks", LIVE, item(LIVE, files=stray_files()), owned(there=Lacks()), REPAIR,
         ["copy_image", "index"]),
        ("5 other bytes", LIVE, item(LIVE, files=stray_files()), owned(there=Listed("0", 1)),
         REVIEW, []),
        ("5 unknown", LIVE, item(LIVE, files=stray_files()), Surroundings(owners={STRAY: None}),
         REVIEW, []),
        ("5 owner dark", LIVE, item(LIVE, files=stray_files()), owned(there=Dark()), REVIEW, []),
        ("5 unreadable", LIVE, item(LIVE, files=stray_files()), owned(there=Unreadable("x")),
         DEFERRED, []),
        ("5 deletions=no", LIVE, item(LIVE, files=stray_files()), owned(there=SAME), REVIEW, []),
        ("6 missing", LIVE, Missing(), None, REVIEW, []),
        ("6 original", LIVE, item(LIVE, without=[names.image(GID, OLD_IDS[0], "jpg")]), None,
         REVIEW, []),
        ("6 elsewhere", LIVE, item(LIVE, without=[names.image(GID, OLD_IDS[0], "jpg")]),
         Surroundings(holders={OLD_IDS[0]: (Holder(MERGED_GID, SAME),)}), REPAIR,
         ["copy_image", "index"]),
        ("7 twice", LIVE, item(LIVE, files={names.image(GID, OLD_IDS[0], "gif"): file(b"")}), None,
         REVIEW, []),
        ("7 foreign", LIVE, item(LIVE, meta={"uploader": "x"}), None, REVIEW, []),
        ("7 dark", LIVE, Dark(), None, REVIEW, []),
        ("8", LIVE, item(LIVE, without=[names.thumbnail(GID, OLD_IDS[0], 250)]), None, CLEAN, []),
        ("8 and 4", LIVE,
         with_index(LIVE, b"{", without=[names.thumbnail(GID, OLD_IDS[0], 250)]), None, REPAIR,
         ["index"]),
        ("9 index", MERGED, item(MERGED, files=FILES), None, REPAIR, ["deindex"]),
        ("9 index", GONE, item(GONE, files=FILES), None, REPAIR, ["deindex"]),
        ("9 lacks", MERGED, item(MERGED, files=FILES | stray_files()), owned(there=Lacks()),
         REPAIR, ["copy_image", "index"]),
        ("9 unknown", GONE, item(GONE, files=FILES | stray_files()),
         Surroundings(owners={STRAY: None}), REVIEW, []),
        ("10", GONE, item(GONE, index=Absent(), files={"a.log": file(b"")}), None, REVIEW, []),
        ("11 no item", GONE, Missing(), None, LEGACY, []),
        ("11 nothing", MERGED, item(MERGED, index=Absent()), None, LEGACY, []),
        ("12 darkened", replace(LIVE, life=Life.DARKENED), item(LIVE, index=Absent()), None, CLEAN,
         []),
        ("12 dark", GONE, Dark(), None, LEGACY, []),
        ("12 dark", EMPTY, Dark(), None, CLEAN, []),
        ("13 tasks", LIVE, item(LIVE, index=Absent(), tasks_pending=True), None, DEFERRED, []),
        ("13 tasks", GONE, item(GONE, files=FILES, tasks_pending=True), None, DEFERRED, []),
        ("unreadable", LIVE, Unreadable("HTTP 500"), None, DEFERRED, []),
    ],
)  # fmt: skip
def test_each_row_of_the_decision_table(
    row: str, wanted: Expected, actual: Actual, surroundings: Surroundings | None,
    status: Status, plan: list[str],
) -> None:  # fmt: skip
    verdict = judge(wanted, actual, surroundings)
    assert statuses(verdict) == (status, plan), row
    assert bool(verdict.reviews) is (status is Status.MANUAL_REVIEW)


def test_row_7b_is_for_a_person() -> None:
    context = replace(CONTEXT, evidence=Evidence(originals={OLD_IDS[0]: "0" * 12}))
    verdict = judge(LIVE, item(LIVE, xml=Absent()), context=context)
    assert statuses(verdict) == (Status.MANUAL_REVIEW, [])
    assert [finding.kind.id for finding in verdict.reviews] == ["original-replaced"]


def test_one_finding_for_a_person_stops_every_repair_and_all_are_recorded() -> None:
    actual = item(LIVE, index=Absent(), meta={"uploader": "x", "noindex": None})
    verdict = judge(LIVE, actual)
    assert verdict.plan == ()
    assert verdict.findings is not None
    assert {finding.kind.id for finding in verdict.findings} == {
        "index-missing", "foreign-uploader", "item-noindex-missing",
    }  # fmt: skip


def test_messages_of_row_5_and_6() -> None:
    copy, index = judge(LIVE, item(LIVE, files=stray_files()), owned(there=Lacks())).plan
    assert copy.message == {
        "artwork_id": STRAY, "old_gid": GID, "new_gid": OWNER, "suffix": "jpg",
    }  # fmt: skip
    assert (index.message, index.depends_on) == ({"gid": OWNER}, (0,))
    holders = {number: (Holder(MERGED_GID, SAME),) for number in OLD_IDS}
    plan = judge(LIVE, Missing(), Surroundings(holders=holders)).plan
    assert [event.action for event in plan] == ["copy_image"] * 3 + ["index"]
    assert plan[1].message == {
        "artwork_id": OLD_IDS[1], "old_gid": MERGED_GID, "new_gid": GID, "suffix": "png",
    }  # fmt: skip
    assert (plan[3].message, plan[3].depends_on) == ({"gid": GID}, (0, 1, 2))


def looked_again(
    wanted: Expected, actual: Actual, surroundings: Surroundings, after: timedelta = DAY
) -> tuple[Verdict, Verdict]:
    """Two audits of the same state."""
    first = judge(wanted, actual, surroundings, DELETIONS)
    later = replace(DELETIONS, evidence=first.evidence, now=NOW + after)
    return first, judge(wanted, actual, surroundings, later)


def test_a_delete_waits_for_its_second_look() -> None:
    actual = item(MERGED, files=FILES | stray_files())
    first, second = looked_again(MERGED, actual, owned(there=SAME))
    assert (first.status, first.reason, first.plan) == (Status.DEFERRED, "second-look", ())
    assert first.next_audit_in == DAY
    delete, deindex = second.plan
    assert delete.message == {"artwork_id": STRAY, "gid": GID, "suffix": "jpg"}
    assert delete.proof == {"owner": OWNER, "md5": SAME.md5, "size": SAME.size}
    assert (deindex.action, deindex.message, deindex.depends_on) == ("deindex", {"gid": GID}, (0,))


def test_looking_again_too_early_confirms_nothing() -> None:
    actual = item(MERGED, index=Absent(), files=stray_files())
    _, second = looked_again(MERGED, actual, owned(there=SAME), timedelta(hours=23))
    assert (second.status, second.plan) == (Status.DEFERRED, ())
    assert second.next_audit_in == timedelta(hours=1)


def test_even_without_waiting_one_audit_never_deletes() -> None:
    context = replace(DELETIONS, delete_confirm=timedelta(0))
    actual = item(MERGED, index=Absent(), files=stray_files())
    first = judge(MERGED, actual, owned(there=SAME), context)
    assert first.plan == ()
    second = judge(MERGED, actual, owned(there=SAME), replace(context, evidence=first.evidence))
    assert actions(second) == ["delete_image"]


@pytest.mark.parametrize("there", [Listed("0" * 32, SAME.size), Lacks(), Unreadable("x"), Dark()])
def test_the_second_look_has_to_see_the_same(there: Any) -> None:
    actual = item(MERGED, index=Absent(), files=stray_files())
    first = judge(MERGED, actual, owned(there=SAME), DELETIONS)
    later = replace(DELETIONS, evidence=first.evidence, now=NOW + DAY)
    assert "delete_image" not in actions(judge(MERGED, actual, owned(there=there), later))


def test_other_bytes_begin_the_confirmation_anew() -> None:
    actual = item(MERGED, index=Absent(), files=stray_files())
    first = judge(MERGED, actual, owned(there=SAME), DELETIONS)
    changed = item(MERGED, index=Absent(), files={NAME: file(b"other")})
    md5, size = file(b"other")["md5"], len(b"other")
    later = replace(DELETIONS, evidence=first.evidence, now=NOW + DAY)
    assert judge(MERGED, changed, owned(there=Listed(md5, size)), later).plan == ()


def test_a_look_between_that_did_not_see_it_begins_anew() -> None:
    actual = item(MERGED, index=Absent(), files=stray_files())
    first = judge(MERGED, actual, owned(there=SAME), DELETIONS)
    between = judge(MERGED, item(MERGED, index=Absent()), None,
                    replace(DELETIONS, evidence=first.evidence))  # fmt: skip
    assert between.status is Status.LEGACY
    later = replace(DELETIONS, evidence=between.evidence, now=NOW + DAY)
    assert judge(MERGED, actual, owned(there=SAME), later).plan == ()


def test_a_look_between_that_could_not_see_keeps_the_first() -> None:
    actual = item(MERGED, index=Absent(), files=stray_files())
    first = judge(MERGED, actual, owned(there=SAME), DELETIONS)
    between = judge(MERGED, Unreadable("x"), None, replace(DELETIONS, evidence=first.evidence))
    later = replace(DELETIONS, evidence=between.evidence, now=NOW + DAY)
    assert actions(judge(MERGED, actual, owned(there=SAME), later)) == ["delete_image"]


def test_a_listed_stray_is_taken_out_together_with_its_file() -> None:
    made = document(LIVE)
    made["images"].append({**made["images"][0], "id": STRAY})
    actual = with_index(LIVE, dump(made), files=stray_files())
    first, second = looked_again(LIVE, actual, owned(there=SAME))
    assert (first.status, first.reason) == (Status.DEFERRED, "second-look")
    assert [(e.action, e.depends_on) for e in second.plan] == [
        ("delete_image", ()),
        ("index", (0,)),
    ]


def test_other_repairs_do_not_wait_for_a_second_look() -> None:
    actual = item(LIVE, xml=Absent(), files=stray_files())
    first, second = looked_again(LIVE, actual, owned(there=SAME))
    assert actions(first) == ["index"]
    assert actions(second) == ["delete_image", "index"]


def test_copies_go_first_and_their_deletes_come_later() -> None:
    other = STRAY + 1
    files = FILES | stray_files() | stray_files(other)
    surroundings = replace(
        owned(there=SAME),
        owners={**owned().owners, **owned(other).owners},
        owner_items={STRAY: SAME, other: Lacks()},
    )
    first, second = looked_again(MERGED, item(MERGED, files=files), surroundings)
    assert [e.message.get("artwork_id") for e in first.plan] == [other, None]
    assert actions(first) == ["copy_image", "index"]
    # The confirmed one may go, but index.json only when nothing is left.
    assert actions(second) == ["copy_image", "delete_image", "index"]


def test_update_metadata_of_a_new_item_waits_for_its_first_file() -> None:
    holders = {OLD_IDS[0]: (Holder(MERGED_GID, SAME),)}
    lacking = item(LIVE, without=[names.image(GID, OLD_IDS[0], "jpg")], meta={"noindex": None})
    plan = judge(LIVE, lacking, Surroundings(holders=holders)).plan
    assert [(e.action, e.depends_on) for e in plan] == [
        ("copy_image", ()), ("index", (0,)), ("update_metadata", (0,)),
    ]  # fmt: skip


def test_thumbnails_are_asked_for_after_the_index() -> None:
    context = replace(CONTEXT, derive=True)
    thumbnail = names.thumbnail(GID, OLD_IDS[0], 250)
    verdict = judge(LIVE, item(LIVE, without=[thumbnail]), context=context)
    assert statuses(verdict) == (Status.REPAIR_QUEUE, ["derive"])
    both = judge(LIVE, with_index(LIVE, b"{", without=[thumbnail]), context=context)
    assert [(e.action, e.depends_on) for e in both.plan] == [("index", ()), ("derive", (0,))]
    assert both.kinds == ("index-unparsable", "thumbnail-250-missing")


def test_metadata_that_may_not_be_mended_is_recorded() -> None:
    context = replace(CONTEXT, repair_item_metadata=False)
    verdict = judge(LIVE, item(LIVE, meta={"noindex": None}), context=context)
    assert statuses(verdict) == (Status.CLEAN, [])
    assert verdict.findings is not None
    assert len(verdict.findings) == 1
