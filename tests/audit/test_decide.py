"""Each row of the decision table, with the verdict and the plan it asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from artwork_indexer.archive import names
from audit.comparison import Comparison
from audit.decide import decide
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
    fields_digest,
)
from audit.verdict import Deferral, Status, Verdict
from tests.audit.comparison_fixtures import (
    CONTEXT,
    DAY,
    FIELDS,
    GID,
    NOW,
    OLD_IDS,
    OWNER,
    STRAY,
    actions,
    document,
    dump,
    expected,
    file,
    item,
    judge,
    owned,
    stray_files,
    three_images,
    with_index,
)
from tests.audit.comparison_fixtures import MERGED as MERGED_GID

LIVE = expected(*three_images())
EMPTY = expected()
GONE = expected(life=Life.GONE)
MERGED = expected(life=Life.MERGED)
DELETIONS = replace(CONTEXT, deletions=True)
NAME = names.image(GID, STRAY, "jpg")
SAME = Listed(stray_files()[NAME]["md5"], int(stray_files()[NAME]["size"]))
FILES = {"index.json": file(b"")}


def broken(**values: Any) -> Actual:
    """An item whose first image is listed with these values."""
    made = document(LIVE)
    made["images"][0] |= values
    return with_index(LIVE, dump(made))


def http() -> Actual:
    body = LIVE.index_bytes.replace(b"https://coverart", b"http://coverart")
    return with_index(LIVE, body)


def statuses(verdict: Verdict) -> tuple[Status, list[str]]:
    return verdict.status, actions(verdict)


CLEAN, REVIEW, REPAIR = Status.CLEAN, Status.MANUAL_REVIEW, Status.REPAIR_QUEUE
LEGACY, DEFERRED = Status.LEGACY, Status.DEFERRED


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


@pytest.mark.parametrize("actual", [broken(comment="x"), item(LIVE, meta={"noindex": None})])
def test_report_mode_enqueues_nothing(actual: Actual) -> None:
    verdict = judge(LIVE, actual, context=replace(DELETIONS, mode="report"))
    assert (verdict.status, verdict.reason, verdict.plan) == (Status.DEFERRED, "report-mode", ())
    assert verdict.findings
    assert not verdict.evidence.rounds


def test_report_mode_still_asks_people() -> None:
    verdict = judge(LIVE, Missing(), context=replace(CONTEXT, mode="report"))
    assert verdict.status is Status.MANUAL_REVIEW


def test_older_formats_have_a_budget_of_their_own() -> None:
    context = replace(CONTEXT, format_budget=True)
    verdict = judge(LIVE, http(), context=context)
    assert (statuses(verdict), verdict.is_format_only) == ((Status.REPAIR_QUEUE, ["index"]), True)
    # When the budget turns out to be used up, the entity is clean and its evidence good.
    assert set(verdict.evidence.originals) == set(OLD_IDS)
    body = LIVE.index_bytes.replace(b"https://c", b"http://c").replace(b"a comment", b"x")
    mixed = judge(LIVE, with_index(LIVE, body))
    assert (statuses(mixed), mixed.is_format_only) == ((Status.REPAIR_QUEUE, ["index"]), False)


def test_without_that_budget_older_formats_are_clean_and_recorded() -> None:
    for mode in ("report", "repair"):
        verdict = judge(LIVE, http(), context=replace(CONTEXT, mode=mode))
        assert (statuses(verdict), len(verdict.findings or ())) == ((Status.CLEAN, []), 1)


def test_the_same_finding_after_all_rounds_is_for_a_person() -> None:
    context = CONTEXT
    for _ in range(3):
        verdict = judge(LIVE, broken(comment="x"), context=context)
        assert actions(verdict) == ["index"]
        context = replace(context, evidence=verdict.evidence)
    verdict = judge(LIVE, broken(comment="x"), context=context)
    assert statuses(verdict) == (Status.MANUAL_REVIEW, [])
    assert [f.kind.id for f in verdict.reviews] == ["repair-does-not-hold"]
    # Another one has its own rounds.
    assert actions(judge(LIVE, broken(edit=5), context=context)) == ["index"]


def test_rounds_end_with_the_finding() -> None:
    first = judge(LIVE, broken(comment="x"))
    healed = judge(LIVE, item(LIVE), context=replace(CONTEXT, evidence=first.evidence))
    assert list(first.evidence.rounds.values()) == [1]
    assert healed.evidence.rounds == {}


def test_thumbnails_that_never_come_ask_nobody() -> None:
    context = replace(CONTEXT, derive=True, max_repair_rounds=1)
    actual = item(LIVE, without=[names.thumbnail(GID, OLD_IDS[0], 250)])
    first = judge(LIVE, actual, context=context)
    second = judge(LIVE, actual, context=replace(context, evidence=first.evidence))
    assert (actions(first), statuses(second)) == (["derive"], (Status.CLEAN, []))


def acknowledged(verdict: Verdict) -> frozenset[str]:
    assert verdict.findings is not None
    return frozenset(finding.digest for finding in verdict.findings)


def test_what_a_person_will_not_fix_blocks_nothing() -> None:
    unknown = Surroundings(owners={STRAY: None})
    actual = item(GONE, files=FILES | stray_files())
    verdict = judge(GONE, actual, unknown)
    context = replace(CONTEXT, acknowledged=acknowledged(verdict))
    again = judge(GONE, actual, unknown, context)
    assert statuses(again) == (Status.REPAIR_QUEUE, ["deindex"])
    assert again.findings == verdict.findings
    left = item(GONE, index=Absent(), files=stray_files())
    assert judge(GONE, left, unknown, context).status is Status.LEGACY


def test_new_evidence_asks_again() -> None:
    unknown = Surroundings(owners={STRAY: None})
    verdict = judge(LIVE, item(LIVE, files=stray_files()), unknown)
    context = replace(CONTEXT, acknowledged=acknowledged(verdict))
    assert judge(LIVE, item(LIVE, files=stray_files()), unknown, context).status is Status.CLEAN
    changed = item(LIVE, files={NAME: file(b"other")})
    assert judge(LIVE, changed, unknown, context).status is Status.MANUAL_REVIEW


def test_an_image_that_a_person_wants_kept_is_never_deleted() -> None:
    actual = item(MERGED, index=Absent(), files=stray_files())
    verdict = judge(MERGED, actual, owned(there=SAME))
    context = replace(DELETIONS, acknowledged=acknowledged(verdict), evidence=verdict.evidence,
                      now=NOW + DAY)  # fmt: skip
    assert statuses(judge(MERGED, actual, owned(there=SAME), context)) == (Status.LEGACY, [])


def test_bytes_that_a_person_knows_of_stay_a_finding() -> None:
    context = replace(CONTEXT, evidence=Evidence(originals={OLD_IDS[0]: "0" * 12}))
    verdict = judge(LIVE, item(LIVE), context=context)
    context = replace(context, acknowledged=acknowledged(verdict))
    again = judge(LIVE, item(LIVE), context=context)
    assert again.status is Status.CLEAN
    assert again.evidence.originals[OLD_IDS[0]] == "0" * 12


def test_a_clean_audit_leaves_evidence() -> None:
    actual = item(LIVE)
    evidence = judge(LIVE, actual).evidence
    files = actual.record.files
    assert evidence.index_md5 == files["index.json"].md5
    assert evidence.xml_md5 == files[names.metadata_xml(GID)].md5
    assert evidence.fields_digest == fields_digest(FIELDS)
    assert evidence.originals == {
        i.id: (files[names.image(GID, i.id, i.suffix)].md5 or "")[:12] for i in LIVE.images
    }
    assert Evidence.from_json(evidence.to_json()) == evidence


def test_an_audit_that_is_not_clean_keeps_the_evidence_of_the_last_one() -> None:
    evidence = Evidence(index_md5="a", xml_md5="b", originals={5: "c"})
    context = replace(CONTEXT, evidence=evidence)
    for actual in (broken(comment="x"), Missing(), Unreadable("x")):
        kept = judge(LIVE, actual, context=context).evidence
        assert (kept.index_md5, kept.xml_md5, kept.originals) == ("a", "b", {5: "c"})


def test_a_document_that_was_not_proven_is_no_evidence() -> None:
    actual = item(LIVE)
    verdict = decide(LIVE, actual, Comparison(), CONTEXT)
    assert (verdict.evidence.xml_md5, verdict.evidence.fields_digest) == (None, None)


def test_when_a_stopped_task_was_first_seen_is_remembered() -> None:
    red = item(LIVE, tasks_red=True)
    first = judge(LIVE, red)
    assert first.evidence.red_since == NOW.timestamp()
    later = replace(CONTEXT, evidence=first.evidence, now=NOW + timedelta(hours=25))
    second = judge(LIVE, red, context=later)
    assert (second.status, second.evidence.red_since) == (Status.MANUAL_REVIEW, NOW.timestamp())
    healed = judge(LIVE, item(LIVE), context=later)
    assert healed.evidence.red_since is None


def test_deferrals_wait_longer_each_time() -> None:
    waited = []
    deferral: Deferral | None = None
    for count in range(1, 12):
        verdict = judge(
            LIVE, Unreadable("The record: x"), context=replace(CONTEXT, deferral=deferral)
        )
        assert (verdict.status, verdict.findings) == (Status.DEFERRED, None)
        assert verdict.next_audit_in is not None
        waited.append(verdict.next_audit_in)
        deferral = Deferral(verdict.reason, count, NOW)
    assert waited[0] == timedelta(minutes=15)
    assert waited == sorted(waited)
    assert waited[-1] == timedelta(hours=24)


@pytest.mark.parametrize(
    ("reason", "count", "days", "status"),
    [
        ("unreadable: The record", 9, 14, Status.MANUAL_REVIEW),
        ("unreadable: The record", 8, 14, Status.DEFERRED),
        ("unreadable: The record", 9, 13, Status.DEFERRED),
        ("tasks-pending", 9, 14, Status.DEFERRED),
    ],
)
def test_what_cannot_be_judged_for_long_is_for_a_person(
    reason: str, count: int, days: int, status: Status
) -> None:
    deferral = Deferral(reason, count, NOW - timedelta(days=days))
    verdict = judge(LIVE, Unreadable("The record: y"), context=replace(CONTEXT, deferral=deferral))
    assert verdict.status is status
    assert verdict.findings is None
    if status is Status.MANUAL_REVIEW:
        assert [finding.kind.id for finding in verdict.reviews] == ["cannot-be-judged"]


def test_short_settings_make_short_waits() -> None:
    context = replace(CONTEXT, settle=timedelta(0))
    assert judge(LIVE, Unreadable("x"), context=context).next_audit_in == timedelta(seconds=1)


def test_when_the_next_audit_is_due() -> None:
    assert judge(LIVE, item(LIVE)).next_audit_in == CONTEXT.reaudit
    assert judge(LIVE, Missing()).next_audit_in == CONTEXT.reaudit
    assert judge(GONE, Missing()).next_audit_in is None
    assert judge(LIVE, broken(comment="x")).next_audit_in is None
    just_now = item(LIVE, item_last_updated=int(NOW.timestamp()) - 3600)
    assert judge(LIVE, just_now).next_audit_in == timedelta(hours=23)


def test_notes_of_clean_entities() -> None:
    assert judge(LIVE, item(LIVE)).reason == "clean"
    assert judge(EMPTY, Missing()).reason == "nothing-to-show"
    assert judge(replace(LIVE, life=Life.DARKENED), Missing()).reason == "darkened"
    assert judge(GONE, Dark()).reason == "darkened"
    assert judge(GONE, Missing()).reason == "residue"


def test_a_wait_beats_every_finding() -> None:
    actual = item(LIVE, index=Absent(), meta={"uploader": "x"}, tasks_pending=True)
    assert judge(LIVE, actual).status is Status.DEFERRED


def test_events_of_the_other_archive() -> None:
    wanted = expected(*three_images(), entity_type="event")
    verdict = judge(wanted, item(wanted, index=Absent()))
    assert [(e.entity_type, e.message) for e in verdict.plan] == [("event", {"gid": GID})]


@pytest.mark.parametrize("value", [None, [], "x", {"originals": 5, "rounds": [1]}, {"xml_md5": 5}])
def test_evidence_that_somebody_broke_counts_as_none(value: Any) -> None:
    assert Evidence.from_json(value) == Evidence()


def test_the_rest_of_the_world_is_quoted_in_the_message() -> None:
    verdict = judge(LIVE, broken(comment="x\x00"))
    assert verdict.message == (
        f"image {OLD_IDS[0]}: comment 'x\\u0000' at IA, 'a comment' in MusicBrainz"
    )
