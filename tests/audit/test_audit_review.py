"""Manual review: one open question, answered by a person or by a later audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from artwork_indexer.database import Database
from artwork_indexer.errors import InputError
from audit.queue import AuditQueue
from audit.review import Filter, Reviews, links
from audit.states import Evidence
from audit.verdict import Verdict
from tests.audit.queue_fixtures import (
    OLD_FORMAT,
    STRAY,
    UNKNOWN,
    Entities,
    ask,
    audit,
    clean,
    deferred,
    delete_of,
    finding,
    finish,
    kind,
    limited,
    open_audits,
    repair,
)
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.queue_plugin"]

A, B = GIDS[:2]
STRANGE = finding(UNKNOWN, "image 7", md5="1")


@pytest.fixture
async def reviews(database_url: str) -> AsyncIterator[Reviews]:
    async with Database(database_url, size=1, prepared=False, name="person") as database:
        yield Reviews(database)


async def asked(entities: Entities, audits: AuditQueue) -> int:
    """An entity with an open review; returns the number of the review."""
    entities.seed()
    await audit(audits, ask(STRANGE))
    (review,) = entities.table("needs_manual_review")
    return int(review["id"])


async def test_a_question_has_words_links_and_evidence(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    number = await asked(entities, audits)
    review, findings = await reviews.show(number)
    assert review.review_reason == "image 7: unknown-image"
    assert review.status == "open"
    assert (review.entity_type, review.gid) == ("release", A)
    assert review.details["links"] == links("release", A)
    assert review.details["findings"] == [
        {
            "kind": "unknown-image",
            "subject": "image 7",
            "severity": "data",
            "digest": STRANGE.digest,
            "message": "image 7: unknown-image",
            "details": {"md5": "1"},
        }
    ]
    assert [(f.kind, f.subject, f.acknowledged) for f in findings] == [
        ("unknown-image", "image 7", False)
    ]
    assert entities.entity()["status"] == "manual_review"


def test_links() -> None:
    assert links("event", A, [7]) == {
        "MusicBrainz": f"https://musicbrainz.org/event/{A}/event-art",
        "Internet Archive": f"https://archive.org/details/mbid-{A}",
        "files": f"https://archive.org/download/mbid-{A}/",
        "image 7": f"https://archive.org/download/mbid-{A}/mbid-{A}-7_thumb500.jpg",
    }


async def test_the_same_question_is_asked_once(entities: Entities, audits: AuditQueue) -> None:
    await asked(entities, audits)
    entities.make_due()
    await audit(audits, ask(finding(UNKNOWN, "image 7", md5="2"), finding(UNKNOWN, "image 8")))
    (review,) = entities.table("needs_manual_review")
    assert review["review_reason"] == "image 7: unknown-image\nimage 8: unknown-image"


@pytest.mark.parametrize(
    "verdict", [clean(), clean(finding(OLD_FORMAT)), repair(A), deferred("report-mode", finding())]
)
async def test_it_closes_by_itself_when_the_matter_is_gone(
    entities: Entities, audits: AuditQueue, verdict: Verdict
) -> None:
    await asked(entities, audits)
    entities.make_due()
    done = await audit(audits, verdict)
    (review,) = entities.table("needs_manual_review")
    assert (review["status"], review["resolved_by"]) == ("resolved", "audit")
    assert review["resolution_notes"] == (
        f"An audit found the matter gone; its verdict was {done.verdict}."
    )
    assert review["resolved_at"] is not None


async def test_it_stays_open_when_nothing_could_be_judged(
    entities: Entities, audits: AuditQueue
) -> None:
    await asked(entities, audits)
    entities.make_due()
    done = await audit(audits, deferred("unreadable"))
    assert done.verdict == "manual_review"
    row = entities.entity()
    assert row["status"] == "manual_review"
    assert row["hours"] < 1.1, "but it looks again as soon as after any deferral"
    assert entities.table("needs_manual_review")[0]["status"] == "open"


async def test_what_cannot_be_judged_waits_longer_each_time_also_with_an_open_question(
    entities: Entities, audits: AuditQueue
) -> None:
    await asked(entities, audits)
    for count in (1, 2, 3):
        entities.make_due()
        (claim,) = await audits.claim(1)
        assert (claim.deferral.count if claim.deferral else 0) == count - 1
        assert (await finish(audits, claim, deferred("unreadable"))).verdict == "manual_review"
    row = entities.entity()
    assert (row["deferral_reason"], row["deferrals"]) == ("unreadable", 3)
    entities.make_due()
    await audit(audits, ask(STRANGE))
    row = entities.entity()
    assert (row["deferral_reason"], row["deferrals"], row["deferred_since"]) == (None, 0, None)


async def test_that_nothing_can_be_judged_does_not_take_the_place_of_a_question(
    entities: Entities, audits: AuditQueue
) -> None:
    await asked(entities, audits)
    (before,) = entities.table("needs_manual_review")
    entities.make_due()
    hopeless = replace(ask(finding(kind("cannot-be-judged"))), findings=None)
    await audit(audits, hopeless)
    assert entities.table("needs_manual_review") == [before]
    assert entities.entity()["status"] == "manual_review"


async def test_resolved_means_audited_again(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    number = await asked(entities, audits)
    entities.seed_one(B, priority=500)
    await reviews.resolve(number, "Asked the uploader.", "ana")
    (review,) = await reviews.find(Filter("resolved"))
    assert (review.resolved_by, review.resolution_notes) == ("ana", "Asked the uploader.")
    assert review.resolved_at is not None
    (claim,) = await audits.claim(1)
    assert (claim.gid, claim.return_reason, claim.acknowledged) == (A, "review", frozenset())


async def test_wont_fix_acknowledges_the_evidence(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    number = await asked(entities, audits)
    await reviews.wont_fix(number, None, "ana")
    (claim,) = await audits.claim(1)
    assert claim.acknowledged == {STRANGE.digest}
    await audits.release([claim])
    await audit(audits, clean(STRANGE))
    assert [f["acknowledged"] for f in entities.table("audit_finding")] == [True]
    assert entities.entity()["status"] == "clean"
    entities.make_due()
    await audit(audits, ask(finding(UNKNOWN, "image 7", md5="2")))
    assert [f["acknowledged"] for f in entities.table("audit_finding")] == [False]
    assert [r["status"] for r in entities.table("needs_manual_review")] == ["wont_fix", "open"]


@pytest.mark.parametrize("status", ["resolved", "wont_fix"])
async def test_psql_answers_as_well(entities: Entities, audits: AuditQueue, status: str) -> None:
    await asked(entities, audits)
    entities.run("UPDATE artwork_indexer.needs_manual_review SET status = %(s)s", s=status)
    (review,) = entities.table("needs_manual_review")
    assert review["resolved_at"] is not None
    assert review["resolved_by"] == entities.value("session_user::text")
    (claim,) = await audits.claim(1)
    assert claim.return_reason == "review"
    assert bool(claim.acknowledged) == (status == "wont_fix")


async def test_wont_fix_acknowledges_only_what_was_asked(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    entities.seed()
    drift = finding()
    await audit(audits, replace(ask(STRANGE), findings=(STRANGE, drift)))
    (review,) = entities.table("needs_manual_review")
    await reviews.wont_fix(review["id"], None, "ana")
    (claim,) = await audits.claim(1)
    assert claim.acknowledged == {STRANGE.digest}
    assert {f["kind"]: f["acknowledged"] for f in entities.table("audit_finding")} == {
        "unknown-image": True,
        "wrong-index": False,
    }


async def test_wont_fix_acknowledges_no_evidence_that_came_after_the_question(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    number = await asked(entities, audits)
    later = finding(UNKNOWN, "image 7", md5="2")
    entities.run("UPDATE artwork_indexer.audit_finding SET digest = %(d)s", d=later.digest)
    await reviews.wont_fix(number, None, "ana")
    assert [f["acknowledged"] for f in entities.table("audit_finding")] == [False]


async def test_wont_fix_of_a_failed_repair_acknowledges_what_it_was_to_mend(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    entities.seed()
    drift, other = finding(), finding(OLD_FORMAT, "index.json")
    verdict = replace(repair(A, drift), findings=(drift, other))
    (event,) = (await audit(audits, verdict)).events
    entities.fail(event)
    (review,) = entities.table("needs_manual_review")
    await reviews.wont_fix(review["id"], None, "ana")
    (claim,) = await audits.claim(1)
    assert claim.acknowledged == {drift.digest}


@pytest.mark.parametrize(
    "details",
    ["{}", "[]", "7", '{"findings": 7}', '{"findings": ["x", {}], "failed_event": "x"}'],
)
async def test_wont_fix_of_a_question_without_evidence_acknowledges_nothing(
    entities: Entities, audits: AuditQueue, details: str
) -> None:
    number = await asked(entities, audits)
    entities.run(
        "UPDATE artwork_indexer.needs_manual_review SET details = %(d)s::jsonb WHERE id = %(n)s",
        d=details,
        n=number,
    )
    entities.run("UPDATE artwork_indexer.needs_manual_review SET status = 'wont_fix'")
    (claim,) = await audits.claim(1)
    assert (claim.return_reason, claim.acknowledged) == ("review", frozenset())


@pytest.mark.parametrize("is_by_psql", [False, True])
async def test_resolved_means_that_rounds_of_repair_begin_anew(
    entities: Entities, audits: AuditQueue, reviews: Reviews, *, is_by_psql: bool
) -> None:
    entities.seed()
    evidence = Evidence(index_md5="1" * 32, rounds={finding().key: 3})
    await audit(audits, replace(ask(finding(kind("does-not-hold"))), evidence=evidence))
    assert entities.entity()["repair_rounds"] == 3
    (review,) = entities.table("needs_manual_review")
    if is_by_psql:
        entities.run("UPDATE artwork_indexer.needs_manual_review SET status = 'resolved'")
    else:
        await reviews.resolve(review["id"], None, "ana")
    (claim,) = await audits.claim(1)
    assert (claim.repair_rounds, claim.evidence) == (0, Evidence(index_md5="1" * 32))


async def test_rounds_begin_anew_also_when_an_audit_is_under_way(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    entities.seed()
    exhausted = replace(ask(STRANGE), evidence=Evidence(rounds={finding().key: 3}))
    await audit(audits, exhausted)
    entities.make_due()
    (claim,) = await audits.claim(1)
    (review,) = entities.table("needs_manual_review")
    await reviews.resolve(review["id"], None, "ana")
    worse = replace(exhausted, evidence=Evidence(rounds={finding().key: 4}))
    await finish(audits, claim, worse)
    (again,) = await audits.claim(1)
    assert (again.repair_rounds, again.evidence) == (0, Evidence())


async def test_an_answer_begins_a_new_count_of_audits_without_a_verdict(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    number = await asked(entities, audits)
    entities.make_due()
    await audit(audits, deferred("unreadable"))
    await reviews.resolve(number, None, "ana")
    for count in (1, 2):
        await audit(audits, deferred("unreadable"))
        row = entities.entity()
        assert (row["deferrals"], row["deferred_since"] is None) == (count, False)
        entities.make_due()


async def test_a_repair_that_no_limit_lets_begin_is_a_question_with_its_evidence(
    entities: Entities, database_url: str, reviews: Reviews
) -> None:
    entities.seed()
    stray, other = finding(STRAY, "image 7"), finding(OLD_FORMAT)
    plan = [delete_of(image, A) for image in (7, 8, 9)]
    verdict = replace(repair(A, stray, plan=plan), findings=(stray, other))
    async with open_audits(database_url, config=limited(deletes_per_day=2)) as queue:
        await audit(queue, verdict)
    (listed,) = await reviews.find(Filter())
    assert listed.details["links"] == links("release", A)
    await reviews.wont_fix(listed.id, None, "ana")
    async with open_audits(database_url, config=limited(deletes_per_day=9)) as queue:
        (claim,) = await queue.claim(1)
        assert claim.acknowledged == {stray.digest}
        assert (claim.repair_rounds, claim.evidence) == (0, Evidence())


async def test_an_answer_during_an_audit_brings_another_one(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    number = await asked(entities, audits)
    entities.make_due()
    (claim,) = await audits.claim(1)
    await reviews.resolve(number, None, None)
    assert entities.entity()["status"] == "audit_in_progress"
    await audits.release([claim])
    (again,) = await audits.claim(1)
    assert again.return_reason == "review"


async def test_a_review_that_is_not_there(reviews: Reviews) -> None:
    told = "review 4711: see `review list`"
    with pytest.raises(InputError, match=told):
        await reviews.show(4711)
    with pytest.raises(InputError, match=told):
        await reviews.resolve(4711, None, None)
    with pytest.raises(InputError, match=told):
        await reviews.wont_fix(4711, None, None)


async def test_an_answered_review_cannot_be_answered(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    number = await asked(entities, audits)
    await reviews.resolve(number, "once", "ana")
    with pytest.raises(InputError):
        await reviews.wont_fix(number, "twice", "bob")
    (review,) = entities.table("needs_manual_review")
    assert (review["status"], review["resolution_notes"]) == ("resolved", "once")


async def test_the_list_is_filtered(
    entities: Entities, audits: AuditQueue, reviews: Reviews
) -> None:
    await asked(entities, audits)
    entities.seed_one(B, entity_type="event")
    await audit(audits, ask(finding(UNKNOWN), finding(OLD_FORMAT)))
    assert [r.gid for r in await reviews.find(Filter())] == [A, B]
    assert [r.gid for r in await reviews.find(Filter(entity_type="event"))] == [B]
    assert [r.gid for r in await reviews.find(Filter(kind="old-format"))] == [B]
    assert [r.gid for r in await reviews.find(Filter(most=1, skip=1))] == [B]
    assert await reviews.find(Filter("wont_fix")) == []
