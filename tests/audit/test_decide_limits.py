"""What limits a decision: report mode, rounds, acknowledgements, evidence and waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from artwork_indexer.archive import names
from audit.comparison import Comparison
from audit.decide import decide
from audit.rounds import SOONER, next_in_round
from audit.states import (
    Absent,
    Actual,
    Dark,
    Evidence,
    Life,
    Missing,
    Surroundings,
    Unreadable,
    fields_digest,
)
from audit.verdict import DecideContext, Deferral, Status, Verdict
from tests.audit.comparison_fixtures import (
    CONTEXT,
    DAY,
    FIELDS,
    GID,
    NOW,
    OLD_IDS,
    STRAY,
    actions,
    expected,
    file,
    item,
    judge,
    owned,
    stray_files,
    three_images,
    with_index,
)
from tests.audit.decide_fixtures import (
    DELETIONS,
    EMPTY,
    FILES,
    GONE,
    LIVE,
    MERGED,
    NAME,
    SAME,
    broken,
    http,
    statuses,
)


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


@pytest.mark.parametrize("format_budget", [True, False])
def test_an_older_format_is_not_mended_on_account_of_another_repair(format_budget: bool) -> None:
    body = LIVE.index_bytes.replace(b"https://coverart", b"http://coverart")
    actual = with_index(LIVE, body, meta={"noindex": None})
    verdict = judge(LIVE, actual, context=replace(CONTEXT, format_budget=format_budget))
    assert statuses(verdict) == (Status.REPAIR_QUEUE, ["update_metadata"])
    assert (verdict.kinds, verdict.is_format_only) == (("item-noindex-missing",), False)
    assert len(verdict.findings or ()) == 2


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
    """What a person was asked and will not have fixed."""
    return frozenset(finding.digest for finding in verdict.reviews)


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


def test_what_a_person_will_not_fix_is_not_repaired() -> None:
    actual = broken(comment="x")
    wrong = judge(LIVE, actual)
    assert statuses(wrong) == (Status.REPAIR_QUEUE, ["index"])
    assert wrong.findings is not None
    context = replace(CONTEXT, acknowledged=frozenset(f.digest for f in wrong.findings))
    again = judge(LIVE, actual, context=context)
    assert statuses(again) == (Status.CLEAN, [])
    assert again.findings == wrong.findings


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


def test_who_wont_see_to_what_cannot_be_judged_is_not_asked_again() -> None:
    deferral = Deferral("unreadable: The record", 20, NOW - timedelta(days=30))
    context = replace(CONTEXT, deferral=deferral)
    asked = judge(LIVE, Unreadable("The record: y"), context=context)
    answered = replace(context, acknowledged=frozenset({asked.reviews[0].digest}))
    verdict = judge(LIVE, Unreadable("The record: y"), context=answered)
    assert (verdict.status, verdict.next_audit_in) == (Status.DEFERRED, timedelta(hours=24))


def test_short_settings_make_short_waits() -> None:
    context = replace(CONTEXT, settle=timedelta(0))
    assert judge(LIVE, Unreadable("x"), context=context).next_audit_in == timedelta(seconds=1)


def test_when_the_next_audit_is_due() -> None:
    in_round = next_in_round(LIVE.gid, NOW, CONTEXT.reaudit)
    assert judge(LIVE, item(LIVE)).next_audit_in == in_round
    assert judge(LIVE, Missing()).next_audit_in == in_round
    assert judge(LIVE, broken(comment="x")).next_audit_in == in_round
    assert judge(GONE, Missing()).next_audit_in is None
    just_now = item(LIVE, item_last_updated=int(NOW.timestamp()) - 3600)
    assert judge(LIVE, just_now).next_audit_in == timedelta(hours=23)


def test_where_there_is_nothing_nobody_looks_again_by_himself() -> None:
    assert judge(EMPTY, Missing()).next_audit_in is None
    assert judge(EMPTY, item(EMPTY)).next_audit_in is not None


@pytest.mark.parametrize(
    ("context", "sooner"),
    [
        (CONTEXT, False),
        (replace(CONTEXT, was_ill=True), True),
        (replace(CONTEXT, evidence=Evidence(index_md5="another")), True),
        (replace(CONTEXT, evidence=Evidence(index_md5="another"), is_regular=False), False),
    ],
)
def test_what_was_not_well_comes_back_sooner(context: DecideContext, *, sooner: bool) -> None:
    verdict = judge(LIVE, item(LIVE), context=context)
    length = CONTEXT.reaudit / SOONER if sooner else CONTEXT.reaudit
    assert verdict.status is Status.CLEAN
    assert verdict.next_audit_in == next_in_round(LIVE.gid, NOW, length)


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
