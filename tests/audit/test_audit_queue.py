"""Claims: in which order, for how long, and fenced off from each other."""

from __future__ import annotations

import asyncio

import pytest

from audit.queue import Audited, AuditQueue
from tests.audit.queue_fixtures import (
    UNKNOWN,
    Entities,
    ask,
    audit,
    clean,
    deferred,
    finding,
    finish,
    limited,
    open_audits,
    repair,
)
from tests.queue_fixtures import GIDS, until

pytest_plugins = ["tests.audit.queue_plugin"]

A, B, C, D, E = GIDS[:5]


async def gids(queue: AuditQueue, slots: int = 10) -> list[str]:
    return sorted(claim.gid for claim in await queue.claim(slots))


# --- order


async def test_the_claim_goes_by_priority_then_age_then_id(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed_one(A, last_audit_at="2020-01-02")
    entities.seed_one(B, last_audit_at="2020-01-01")
    entities.seed_one(C)
    entities.seed_one(D)
    entities.seed_one(E, last_audit_at="2024-01-01", priority=200)
    order = [(await audits.claim(1))[0].gid for _ in range(5)]
    assert order == [E, C, D, B, A]
    assert await audits.claim(1) == []


@pytest.mark.parametrize("status", ["clean", "manual_review", "repair_queue", "legacy", "deferred"])
async def test_a_waiting_row_is_claimed_when_its_time_has_come(
    entities: Entities, audits: AuditQueue, status: str
) -> None:
    entities.seed_one(A, status=status)
    entities.seed_one(B, status=status, next_audit_at="2100-01-01")
    assert await audits.claim(9) == []
    entities.make_due(B)
    assert await gids(audits) == [B]


async def test_next_audit_at_does_not_move_a_row_that_is_audited(
    entities: Entities, audits: AuditQueue, others: AuditQueue
) -> None:
    entities.seed()
    (claim,) = await audits.claim(1)
    entities.make_due()
    assert await others.claim(1) == []
    await finish(audits, claim, clean())
    assert await gids(others) == [A], "but it counts after the verdict"


async def test_a_row_that_returns_for_a_reason_goes_first_until_its_verdict(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed_one(A, status="repair_queue", return_reason="verification", priority=3)
    entities.seed_one(B, status="clean", priority=300)
    entities.make_due(A)
    entities.make_due(B)
    (claim,) = await audits.claim(1)
    assert (claim.gid, claim.return_reason) == (A, "verification")
    assert entities.entity(A)["priority"] == 1003
    await audits.release([claim])
    (claim,) = await audits.claim(1)
    assert claim.gid == A, "also after a claim that was given back"
    await finish(audits, claim, clean())
    assert entities.entity(A)["priority"] == 3
    assert entities.entity(A)["return_reason"] is None


async def test_the_bonus_never_overflows(entities: Entities, audits: AuditQueue) -> None:
    entities.seed_one(A, status="clean", return_reason="event", priority=32_000)
    entities.make_due()
    await audit(audits, clean())
    assert entities.entity()["priority"] == 32_000


async def test_rows_that_waited_for_the_repair_mode_are_due_in_it(
    entities: Entities, database_url: str
) -> None:
    entities.seed()
    async with open_audits(database_url, config=limited(mode="report")) as reporting:
        await audit(reporting, deferred("report-mode", finding()))
        assert await reporting.claim(1) == []
    async with open_audits(database_url) as repairing:
        assert await gids(repairing) == [A]


# --- leases


async def test_a_claim_is_taken_once(
    entities: Entities, audits: AuditQueue, others: AuditQueue
) -> None:
    entities.seed(3)
    first, second = await audits.claim(2), await others.claim(2)
    assert [len(first), len(second)] == [2, 1]
    assert {c.gid for c in first} | {c.gid for c in second} == {A, B, C}


async def test_what_a_lost_claim_found_is_thrown_away(
    entities: Entities, audits: AuditQueue, others: AuditQueue
) -> None:
    entities.seed()
    (claim,) = await audits.claim(1)
    entities.change(lease_expires="2020-01-01")
    (again,) = await others.claim(1)
    assert (again.attempts, again.crashes) == (2, 1)
    assert await audits.finish([Audited(claim, repair(A))]) == []
    assert await audits.release([claim]) == 0
    assert entities.entity()["claimed_by"] == "other"
    assert entities.has_no_results()
    assert (await finish(others, again, clean())).verdict == "clean"


async def test_the_same_owner_is_fenced_off_by_the_number_of_the_claim(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    (old,) = await audits.claim(1)
    entities.change(lease_expires="2020-01-01")
    (new,) = await audits.claim(1)
    assert await audits.finish([Audited(old, clean())]) == []
    assert len(await audits.finish([Audited(new, clean())])) == 1
    assert await audits.finish([Audited(new, ask(finding(UNKNOWN)))]) == [], "no second verdict"


async def test_a_row_in_progress_without_a_lease_is_taken(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed_one(A, status="audit_in_progress")
    (claim,) = await audits.claim(1)
    assert claim.crashes == 0


async def test_an_audit_that_kills_its_workers_is_left_to_a_person(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    for _ in range(5):
        assert len(await audits.claim(1)) == 1
        entities.change(lease_expires="2020-01-01")
    assert await audits.claim(1) == []
    assert entities.entity()["status"] == "manual_review"
    (review,) = entities.table("needs_manual_review")
    assert "never finished, 5 times in a row; the last worker was me" in review["review_reason"]


async def test_next_due(entities: Entities, audits: AuditQueue) -> None:
    assert await audits.next_due() is None
    entities.seed_one(A, status="clean", next_audit_at="2100-01-01")
    seconds = await audits.next_due()
    assert seconds is not None
    assert seconds > 1e9
    entities.seed_one(B)
    assert await audits.next_due() == 0


async def test_recheck_locks_in_the_order_of_everybody_else(
    entities: Entities, audits: AuditQueue
) -> None:
    """An audit that is finished locks by id: crosswise, they would wait for each other."""
    for gid in (B, A):
        entities.seed_one(gid)
    free = "SELECT gid FROM artwork_indexer.audit_entity FOR UPDATE SKIP LOCKED"
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    second = Entities(entities.conninfo)
    with entities.connection.transaction():
        entities.run(
            "SELECT FROM artwork_indexer.audit_entity WHERE gid = %(gid)s FOR UPDATE", gid=B
        )
        rechecking = asyncio.create_task(audits.recheck_now("release", [A, B]))
        await until(lambda: bool(second.run(waiting)))
        with second.connection.transaction():
            assert [str(row["gid"]) for row in second.run(free)] == [A]
    assert await rechecking == 2
    second.close()


async def test_recheck_makes_known_and_unknown_entities_due(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed_one(A, status="clean", next_audit_at="2100-01-01")
    assert await audits.recheck_now("release", [A, B]) == 2
    assert await gids(audits) == [A, B]
