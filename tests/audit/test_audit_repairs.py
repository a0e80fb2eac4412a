"""A plan becomes events, whole or not at all, and for nobody a person is asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from artwork_indexer.database import Connection
from audit.findings import Repair
from audit.queue import Audited, AuditQueue
from audit.verdict import Verdict
from tests.audit.queue_fixtures import (
    STRAY,
    UNKNOWN,
    Entities,
    ask,
    audit,
    copy_of,
    delete_of,
    finding,
    finish,
    index_of,
    kind,
    repair,
)
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.queue_plugin"]

A, B, C = GIDS[:3]


async def test_a_plan_becomes_events_that_wait_for_each_other(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    stray = finding(STRAY, "image 7")
    plan = [copy_of(7, A, B), delete_of(7, A, 0), index_of(B, 0), index_of(A, 0, 1)]
    done = await audit(audits, repair(A, stray, finding(), plan=plan))
    assert (done.verdict, done.enqueued) == ("repair_queue", 4)
    copy, delete, index_b, index_a = done.events
    rows = {row["id"]: row for row in entities.table("event_queue", "id")}
    assert [rows[event]["action"] for event in done.events] == [
        "copy_image",
        "delete_image",
        "index",
        "index",
    ]
    assert rows[copy]["depends_on"] is None
    assert rows[delete]["depends_on"] == [copy]
    assert rows[index_b]["depends_on"] == [copy]
    assert rows[index_a]["depends_on"] == [copy, delete]
    assert {(row["origin"], row["priority"]) for row in rows.values()} == {("audit", 10)}
    assert rows[copy]["message"] == {"artwork_id": 7, "old_gid": A, "new_gid": B, "suffix": "jpg"}
    repairs = entities.table("audit_repair", "event")
    assert {tuple(row["kinds"]) for row in repairs} == {("stray", "wrong-index")}
    assert repairs[1]["proof"] == {"md5": "m", "size": 1}
    row = entities.entity()
    assert (row["status"], row["repair_rounds"]) == ("repair_queue", 1)


async def test_an_index_that_is_queued_already_does_the_work(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    edited = entities.index(B)
    earlier = entities.index(C, origin="audit", priority=10)
    plan = [copy_of(7, A, B), index_of(B, 0), index_of(C, 0)]
    done = await audit(audits, repair(A, plan=plan))
    assert done.events[1:] == (edited, earlier)
    assert done.enqueued == 1
    assert entities.get(edited)["depends_on"] is None, "an editor's job does not wait for repairs"
    assert entities.get(edited)["priority"] == 100
    assert entities.get(earlier)["depends_on"] == [done.events[0]]
    assert [row["absorbed"] for row in entities.table("audit_repair", "event")] == [
        event != done.events[0] for event in sorted(done.events)
    ]


async def test_a_move_that_is_queued_already_defers_the_whole_plan(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    queued = entities.delete(7, A)
    plan = [copy_of(7, A, B), delete_of(7, A, 0), index_of(A, 1)]
    done = await audit(audits, repair(A, plan=plan))
    assert (done.verdict, done.reason, done.events) == ("deferred", "open-events", ())
    assert list(entities.states()) == [queued]
    assert entities.table("audit_repair") == []
    assert entities.entity()["repair_rounds"] == 0
    assert entities.entity()["evidence"] == {}, "and no round of repair is counted"
    assert [f["kind"] for f in entities.table("audit_finding")] == ["wrong-index"]


async def test_an_edit_under_way_defers_the_plan_at_once(
    entities: Entities, audits: AuditQueue, database_url: str
) -> None:
    entities.seed()
    editor = Entities(database_url)
    with editor.connection.transaction():
        editor.run("SELECT artwork_indexer.want_index('release', %(gid)s)", gid=A)
        done = await audit(audits, repair(A))
        assert (done.verdict, done.reason) == ("deferred", "open-events")
    editor.close()


def move(image: int = 7) -> Verdict:
    """Takes an image from A to B, its owner."""
    return repair(A, finding(STRAY), plan=[copy_of(image, A, B), index_of(B, 0)])


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "manual_review"},
        {"status": "unchecked", "last_verdict": "manual_review", "priority": 5},
    ],
)
async def test_nothing_is_enqueued_for_another_entity_that_needs_a_person(
    entities: Entities, audits: AuditQueue, columns: dict[str, object]
) -> None:
    entities.seed_one(A)
    entities.seed_one(B, **columns)
    waits = []
    for _ in range(3):
        done = await audit(audits, move())
        assert (done.verdict, done.reason, done.events) == ("deferred", "owner-in-review", ())
        row = entities.entity(A)
        assert (row["return_reason"], row["repair_rounds"], row["evidence"]) == (None, 0, {})
        waits.append(round(row["hours"]))
        entities.make_due(A)
    assert waits == [24, 24, 24]
    entities.change(A, deferrals=20, deferred_since="2020-01-01")
    assert (await audit(audits, move())).verdict == "deferred", "a person is asked already, at B"
    assert entities.states() == {}
    entities.change(B, status="clean", last_verdict="clean")
    entities.make_due(A)
    assert (await audit(audits, move())).verdict == "repair_queue"


@pytest.mark.parametrize(
    ("kinds", "verdict"),
    [
        (["original-missing"], "repair_queue"),
        (["item-missing", "original-missing"], "repair_queue"),
        (["original-missing", "stray-unknown"], "deferred"),
    ],
)
async def test_an_original_that_is_missing_there_may_be_brought(
    entities: Entities, audits: AuditQueue, kinds: list[str], verdict: str
) -> None:
    entities.seed_one(A)
    entities.seed_one(B, priority=200)
    asked = [finding(kind(name, repair=Repair.REVIEW), f"image {name}") for name in kinds]
    assert (await audit(audits, ask(*asked))).verdict == "manual_review"
    assert (await audit(audits, move())).verdict == verdict


async def test_a_question_asked_with_psql_protects_its_entity(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed_one(A)
    owner = entities.seed_one(B, status="clean")
    entities.run(
        "INSERT INTO artwork_indexer.needs_manual_review (audit_entity_id, review_reason)"
        " VALUES (%(owner)s, 'why')",
        owner=owner,
    )
    assert (await audit(audits, move())).reason == "owner-in-review"


async def test_an_entity_that_is_only_read_may_need_a_person(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed_one(A)
    entities.seed_one(B, status="manual_review")
    arriving = repair(A, finding(), plan=[copy_of(7, B, A), index_of(A, 0)])
    assert (await audit(audits, arriving)).verdict == "repair_queue"


async def test_a_question_of_the_same_batch_protects_its_entity(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed(2)
    host, owner = sorted(await audits.claim(2), key=lambda claim: claim.id)
    done = await audits.finish([Audited(host, move()), Audited(owner, ask(finding(UNKNOWN)))])
    assert [(d.verdict, d.reason) for d in done] == [
        ("deferred", "owner-in-review"),
        ("manual_review", "review"),
    ]


async def test_an_entity_whose_verdict_is_being_written_is_left_alone(
    entities: Entities, audits: AuditQueue, others: AuditQueue
) -> None:
    entities.seed(2)
    claims = {claim.gid: claim for claim in await others.claim(2)}
    await others.release([claims[A]])
    (host,) = await audits.claim(1)

    async def meanwhile(_: Connection, __: Sequence[Audited]) -> Mapping[int, str]:
        refused = await finish(audits, host, move())
        assert (refused.verdict, refused.reason) == ("deferred", "open-events")
        return {}

    await others.finish([Audited(claims[B], ask(finding(UNKNOWN)))], meanwhile)
    assert entities.states() == {}
