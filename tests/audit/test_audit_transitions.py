"""What the end of an event does to the entities it touched, whoever ended it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from artwork_indexer.errors import PermanentError, TransientError
from audit.queue import AuditQueue
from tests.audit.queue_fixtures import (
    Entities,
    audit,
    clean,
    copy_of,
    delete_of,
    finish,
    index_of,
    limited,
    open_audits,
    repair,
)
from tests.queue_fixtures import GIDS, open_queue

pytest_plugins = ["tests.audit.queue_plugin"]

A, B, C = GIDS[:3]


@pytest.fixture
def editor(entities: Entities) -> Iterator[Entities]:
    """A second connection."""
    editor = Entities(entities.conninfo)
    yield editor
    editor.close()


def near(hours: float, wanted: float) -> bool:
    return wanted - 0.1 < hours <= wanted


# --- repairs of the entity itself


async def test_a_repair_is_verified_after_the_time_to_settle(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    plan = [delete_of(7, A), index_of(A, 0)]
    delete, index = (await audit(audits, repair(A, plan=plan))).events
    assert near(entities.entity()["hours"], 90 * 24), "in case nobody tells of the end"
    entities.complete(delete)
    assert near(entities.entity()["hours"], 90 * 24)
    entities.complete(index)
    row = entities.entity()
    assert (row["status"], row["return_reason"]) == ("repair_queue", "verification")
    assert near(row["hours"], 24)
    assert await audits.claim(1) == []
    entities.make_due()
    (claim,) = await audits.claim(1)
    assert (claim.return_reason, claim.repair_rounds) == ("verification", 1)
    await finish(audits, claim, clean())
    assert entities.entity()["repair_rounds"] == 0
    assert all(r["verified_at"] is not None for r in entities.table("audit_repair"))


async def test_settle_hours_come_from_the_configuration(
    entities: Entities, database_url: str
) -> None:
    async with open_audits(database_url, config=limited(settle_hours=0.5)) as audits:
        entities.seed()
        (index,) = (await audit(audits, repair(A))).events
        entities.complete(index)
        assert near(entities.entity()["hours"], 0.5)
    async with open_audits(database_url, config=limited(settle_hours=0)) as audits:
        entities.complete(entities.index(A))
        assert len(await audits.claim(1)) == 1, "the event is the second reason, and due at once"


async def test_the_daemon_ends_a_repair_like_anybody_else(
    entities: Entities, audits: AuditQueue, database_url: str
) -> None:
    entities.seed()
    await audit(audits, repair(A))
    async with open_queue(database_url) as queue:
        (event,) = await queue.claim(1)
        await queue.complete(event, "nothing to write")
    assert near(entities.entity()["hours"], 24)
    assert entities.table("audit_repair")[0]["outcome"] == "completed"


async def test_the_index_of_the_owner_belongs_to_the_repair(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed_one(A)
    entities.seed_one(B, status="clean", next_audit_at="2100-01-01")
    copy, index = (await audit(audits, repair(A, plan=[copy_of(7, A, B), index_of(B, 0)]))).events
    entities.complete(copy, index)
    assert near(entities.entity(A)["hours"], 24)
    owner = entities.entity(B)
    assert (owner["status"], owner["return_reason"]) == ("clean", "event")
    assert near(owner["hours"], 24)


async def test_a_repair_that_an_edit_takes_over_goes_on(
    entities: Entities, audits: AuditQueue, database_url: str
) -> None:
    entities.seed()
    (index,) = (await audit(audits, repair(A))).events
    async with open_queue(database_url) as queue:
        (event,) = await queue.claim(1)
        twin = entities.index(A)
        await queue.retry(event, TransientError("HTTP 500"), 1)
    assert entities.state(index) == "failed"
    row = entities.entity()
    assert row["status"] == "repair_queue"
    assert near(row["hours"], 90 * 24)
    assert entities.table("needs_manual_review") == []
    entities.complete(twin)
    assert near(entities.entity()["hours"], 24)


async def test_a_repair_that_somebody_takes_out_of_the_queue_has_ended(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    (index,) = (await audit(audits, repair(A))).events
    entities.run("DELETE FROM artwork_indexer.event_queue WHERE id = %(id)s", id=index)
    assert near(entities.entity()["hours"], 24)


async def test_a_repair_nobody_told_the_end_of_is_judged_in_its_time(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    await audit(audits, repair(A))
    entities.run("TRUNCATE artwork_indexer.event_queue CASCADE")
    entities.make_due()
    (again,) = (await audit(audits, repair(A))).events
    first, second = entities.table("audit_repair", "event")
    assert (first["verified_at"] is None, second["verified_at"] is None) == (False, True)
    entities.complete(again)
    assert near(entities.entity()["hours"], 24)


async def test_two_repairs_that_end_at_the_same_moment(
    entities: Entities, audits: AuditQueue, editor: Entities
) -> None:
    entities.seed()
    delete, index = (await audit(audits, repair(A, plan=[delete_of(7, A), index_of(A)]))).events
    both_done = threading.Barrier(2)

    def end(rows: Entities, event: int) -> None:
        with rows.connection.transaction():
            rows.complete(event)
            both_done.wait(25)

    threads = [
        threading.Thread(target=end, args=pair) for pair in ((entities, delete), (editor, index))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    assert await audits.claim(1) == []
    assert near(entities.entity()["hours"], 24)
    assert entities.table("audit_unnoted_event") == []


# --- other events


@pytest.mark.parametrize(
    ("status", "due", "hours"),
    [
        ("clean", "2100-01-01", 24),
        ("legacy", None, 24),
        ("manual_review", "2100-01-01", 24),
        ("repair_queue", "2100-01-01", 24),
        ("deferred", "soon", 1),
        ("unchecked", None, 24),
    ],
)
async def test_any_other_event_makes_its_entity_due(
    entities: Entities, status: str, due: str | None, hours: float
) -> None:
    at = entities.value("now() + interval '1 h'") if due == "soon" else due
    entities.seed_one(A, status=status, next_audit_at=at)
    entities.complete(entities.index(A))
    row = entities.entity()
    assert row["status"] == status
    assert near(row["hours"], hours)


async def test_an_unknown_entity_is_added(entities: Entities, audits: AuditQueue) -> None:
    entities.complete(entities.copy(7, A, B))
    for gid in (A, B):
        row = entities.entity(gid)
        assert (row["status"], row["seeded_from"], row["priority"]) == ("deferred", "event", 100)
        assert near(row["hours"], 24)
    assert await audits.claim(2) == [], "what the event wrote has to settle"
    entities.make_due(B)
    (claim,) = await audits.claim(2)
    assert (claim.gid, claim.return_reason, claim.deferral) == (B, "event", None)


async def test_a_finished_event_brings_an_unchecked_row_forward(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed(2)
    entities.complete(entities.index(B))
    entities.make_due(B)
    (claim,) = await audits.claim(1)
    assert (claim.gid, claim.return_reason) == (B, "event")


async def test_an_event_that_ends_during_the_audit_is_not_forgotten(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    (claim,) = await audits.claim(1)
    entities.complete(entities.index(A))
    await finish(audits, claim, clean())
    row = entities.entity()
    assert (row["status"], row["return_reason"]) == ("clean", "event")
    assert near(row["hours"], 24)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("noop", {}),
        ("index", {"gid": "no uuid"}),
        ("index", {"gid": 7}),
        ("index", {}),
        ("copy_image", {"old_gid": None}),
    ],
)
def test_a_malformed_message_hurts_nobody(
    entities: Entities, action: str, message: dict[str, object]
) -> None:
    entities.connection.execute("SET client_min_messages = warning")
    notices: list[str] = []
    entities.connection.add_notice_handler(lambda n: notices.append(n.message_primary or ""))
    event = entities.add(action, message)
    entities.complete(event)
    entities.fail(entities.add(action, message))
    assert entities.state(event) == "completed"
    assert (entities.table("audit_entity"), entities.table("audit_unnoted_event")) == ([], [])
    assert notices == []


async def test_an_end_that_is_rolled_back_did_not_happen(entities: Entities) -> None:
    event = entities.index(A)
    with entities.connection.transaction(force_rollback=True):
        entities.complete(event)
    assert entities.table("audit_entity") == []


# --- failures


async def test_an_event_that_fails_for_good_asks_a_person(
    entities: Entities, database_url: str
) -> None:
    entities.index(A)
    async with open_queue(database_url) as queue:
        (event,) = await queue.claim(1)
        await queue.fail(event, PermanentError("HTTP 403: appears to be spam", status=403))
    row = entities.entity()
    assert (row["status"], row["seeded_from"]) == ("manual_review", "event")
    assert near(row["hours"], 90 * 24)
    (review,) = entities.table("needs_manual_review")
    assert (
        review["review_reason"] == f"Event {event.id} (index) failed: HTTP 403: appears to be spam"
    )
    assert review["details"] == {"failed_event": event.id}


async def test_a_failure_takes_the_bonus_back(entities: Entities) -> None:
    entities.seed_one(A, priority=1100, priority_bonus=1000, return_reason="event")
    entities.fail(entities.index(A))
    row = entities.entity()
    assert (row["status"], row["priority"], row["priority_bonus"]) == ("manual_review", 100, 0)


async def test_a_failed_chain_is_one_review_of_each_entity(
    entities: Entities, audits: AuditQueue, database_url: str
) -> None:
    entities.seed()
    copy, delete, index = (
        await audit(audits, repair(A, plan=[copy_of(7, A, B), delete_of(7, A, 0), index_of(B, 0)]))
    ).events
    async with open_queue(database_url) as queue:
        (event,) = await queue.claim(1)
        await queue.fail(event, PermanentError("HTTP 400"))
    row = entities.entity(A)
    assert (row["status"], row["priority"]) == ("manual_review", 100)
    assert near(row["hours"], 90 * 24), "a person is asked, the audit does not try again at once"
    reviews = entities.table("needs_manual_review", "audit_entity_id")
    assert reviews[0]["review_reason"].split("\n") == [
        f"Event {copy} (copy_image) failed: HTTP 400",
        f"Event {delete} (delete_image) failed: This event depended on ({copy}), which failed.",
        f"Event {index} (index) failed: This event depended on ({copy}), which failed.",
    ]
    assert [entities.entity(gid)["id"] for gid in (A, B)] == [
        review["audit_entity_id"] for review in reviews
    ]


async def test_a_failed_repair_that_succeeds_after_all_is_verified(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    (index,) = (await audit(audits, repair(A))).events
    entities.fail(index)
    assert entities.entity()["status"] == "manual_review"
    entities.set(index, state="queued", attempts=0)
    entities.complete(index)
    row = entities.entity()
    assert (row["status"], row["return_reason"]) == ("manual_review", "verification")
    assert near(row["hours"], 24)
    entities.make_due()
    await audit(audits, clean())
    (review,) = entities.table("needs_manual_review")
    assert (review["status"], review["resolved_by"]) == ("resolved", "audit")


async def test_a_failure_during_an_audit_waits_for_its_verdict(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    (claim,) = await audits.claim(1)
    event = entities.index(A)
    entities.fail(event)
    assert entities.entity()["status"] == "audit_in_progress"
    assert len(entities.table("audit_unnoted_event")) == 1
    assert await audits.claim(1) == []
    await finish(audits, claim, clean())
    assert await audits.claim(1) == []
    assert entities.entity()["status"] == "manual_review"
    assert entities.table("audit_unnoted_event") == []


async def test_the_old_daemon_writes_the_reason_first(entities: Entities) -> None:
    event = entities.index(A)
    with entities.connection.transaction():
        entities.run(
            "INSERT INTO artwork_indexer.event_failure_reason (event, failure_reason)"
            " VALUES (%(event)s, 'HTTP 404')",
            event=event,
        )
        entities.set(event, state="failed", attempts=5)
    (review,) = entities.table("needs_manual_review")
    assert review["review_reason"] == f"Event {event} (index) failed: HTTP 404"


async def test_an_open_review_gets_the_failure_too(entities: Entities) -> None:
    entities.fail(entities.index(A), "first")
    entities.fail(entities.delete(7, A), "second")
    (review,) = entities.table("needs_manual_review")
    assert [line.split(": ")[1] for line in review["review_reason"].split("\n")] == [
        "first",
        "second",
    ]
