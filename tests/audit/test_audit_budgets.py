"""What keeps the audit within bounds holds for all processes together."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

from audit.guardrails import Guardrails
from audit.queue import Audited, AuditQueue, Finished
from audit.verdict import Verdict
from tests.audit.queue_fixtures import (
    OLD_FORMAT,
    STRAY,
    UNKNOWN,
    UNLIMITED,
    Entities,
    ask,
    audit,
    clean,
    copy_of,
    deferred,
    delete_of,
    each,
    finding,
    index_of,
    kind,
    limited,
    open_audits,
    repair,
)
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.queue_plugin"]

A, B = GIDS[:2]
WORKERS: Final = 5


def spent(entities: Entities, budget: str) -> int:
    return int(
        entities.value(
            f"coalesce(sum(spent), 0) FROM artwork_indexer.audit_budget WHERE budget = '{budget}'"
        )
    )


# --- entities


@pytest.mark.parametrize("key", ["entities_per_hour", "entities_per_day"])
async def test_no_two_processes_audit_more_than_one_may(
    entities: Entities, database_url: str, key: str
) -> None:
    entities.seed(99)

    async def work(number: int) -> int:
        async with open_audits(database_url, f"w{number}", limited(**{key: 40})) as queue:
            return sum([len(await queue.claim(3)) for _ in range(10)])

    claimed = await asyncio.gather(*(work(number) for number in range(WORKERS)))
    assert sum(claimed) == 40
    assert spent(entities, "entities") == 40


@pytest.mark.parametrize(
    ("key", "age", "left"),
    [
        ("entities_per_hour", "59 minutes", 1),
        ("entities_per_hour", "62 minutes", 3),
        ("entities_per_day", "1439 minutes", 1),
        ("entities_per_day", "1442 minutes", 3),
    ],
)
async def test_the_span_slides(
    entities: Entities, database_url: str, key: str, age: str, left: int
) -> None:
    entities.seed(9)
    async with open_audits(database_url, config=limited(**{key: 3})) as queue:
        assert len(await queue.claim(2)) == 2
        entities.run(
            "UPDATE artwork_indexer.audit_budget SET minute = minute - %(age)s::interval", age=age
        )
        assert len(await queue.claim(9)) == left


def test_the_minute_in_which_a_span_begins_counts_whole(entities: Entities) -> None:
    entities.run(
        "INSERT INTO artwork_indexer.audit_budget VALUES"
        " ('repairs', '2024-01-01 10:00', 1), ('repairs', '2024-01-01 10:01', 2)"
    )
    spent_since = "artwork_indexer.audit_spent('repairs', '2024-01-01 10:0{}:59')"
    assert [entities.value(spent_since.format(n)) for n in range(3)] == [3, 2, 0]


async def test_a_claim_given_back_is_not_refunded(entities: Entities, database_url: str) -> None:
    entities.seed(9)
    async with open_audits(database_url, config=limited(entities_per_hour=3)) as queue:
        claims = await queue.claim(2)
        assert await queue.release(claims) == 2
        assert len(await queue.claim(9)) == 1


async def test_0_means_none(entities: Entities, database_url: str) -> None:
    entities.seed(9)
    async with open_audits(database_url, config=limited(entities_per_day=0)) as queue:
        assert await queue.claim(9) == []


async def test_a_paused_archive_is_not_audited(entities: Entities, audits: AuditQueue) -> None:
    entities.seed()
    entities.run(
        "INSERT INTO artwork_indexer.service_pause (service, paused_until, reason)"
        " VALUES ('archive', now() + interval '1 h', '503')"
    )
    assert await audits.claim(1) == []
    entities.run("UPDATE artwork_indexer.service_pause SET paused_until = now()")
    assert len(await audits.claim(1)) == 1


# --- repairs


@pytest.mark.parametrize("key", ["repairs_per_hour", "repairs_per_day", "max_outstanding_repairs"])
async def test_no_two_processes_repair_more_than_one_may(
    entities: Entities, database_url: str, key: str
) -> None:
    entities.seed(40)

    async def work(number: int) -> list[Finished]:
        done: list[Finished] = []
        async with open_audits(database_url, f"w{number}", limited(**{key: 11})) as queue:
            while claims := await queue.claim(3):
                plans = [
                    Audited(c, repair(c.gid, plan=[index_of(c.gid), delete_of(7, c.gid)]))
                    for c in claims
                ]
                done += await queue.finish(plans)
        return done

    results = await asyncio.gather(*(work(number) for number in range(WORKERS)))
    done = [one for result in results for one in result]
    assert len(done) == 40
    assert sum(d.enqueued for d in done) == 10, "whole plans only"
    assert entities.count("queued") == 10
    refused = [d for d in done if d.verdict == "deferred"]
    assert {d.reason for d in refused} == {f"no-budget: {key}"}
    assert len(refused) == 35


async def test_a_refused_repair_leaves_the_row_without_a_bonus_and_tries_again(
    entities: Entities, database_url: str
) -> None:
    async with open_audits(database_url, config=limited(repairs_per_hour=0)) as queue:
        (done,) = await each(queue, entities, [repair(A)])
    assert done.verdict == "deferred"
    row = entities.entity()
    assert (row["return_reason"], row["repair_rounds"], row["evidence"]) == (None, 0, {})
    assert row["hours"] <= 1
    assert [f["kind"] for f in entities.table("audit_finding")] == ["wrong-index"]


async def test_an_ended_repair_makes_room(entities: Entities, database_url: str) -> None:
    async with open_audits(database_url, config=limited(max_outstanding_repairs=1)) as queue:
        first, second = await each(queue, entities, [repair(A), repair(B)])
        assert (first.verdict, second.verdict) == ("repair_queue", "deferred")
        entities.complete(*first.events)
        entities.make_due(B)
        assert (await audit(queue, repair(B))).verdict == "repair_queue"


async def test_older_formats_have_a_budget_of_their_own(
    entities: Entities, database_url: str
) -> None:
    old = finding(OLD_FORMAT)
    config = limited(format_repairs_per_day=1)
    async with open_audits(database_url, config=config) as queue:
        first, second, third = await each(
            queue, entities, [repair(GIDS[0], old), repair(GIDS[1], old), repair(GIDS[2])]
        )
    assert [d.verdict for d in (first, second, third)] == ["repair_queue", "clean", "repair_queue"]
    assert second.reason == "no-budget: format_repairs_per_day"
    row = entities.entity(GIDS[1])
    assert (row["status"], row["deferral_reason"]) == ("clean", None)
    assert 89 * 24 < row["hours"] <= 90 * 24
    assert len(entities.table("audit_finding")) == 3
    assert (spent(entities, "repairs"), spent(entities, "format_repairs")) == (2, 1)


# --- pause and brake


async def test_a_pause_stops_claims_and_repairs_of_all(
    entities: Entities, audits: AuditQueue, others: AuditQueue, guardrails: Guardrails
) -> None:
    entities.seed(3)
    (claim,) = await audits.claim(1)
    assert await guardrails.pause("Maintenance of the Internet Archive.", "ana")
    assert not await guardrails.pause("again", "bob")
    assert await audits.claim(1) == []
    assert await others.claim(1) == []
    (done,) = await audits.finish([Audited(claim, repair(A))])
    assert (done.verdict, done.reason) == ("deferred", "held")
    (hold,) = await guardrails.holds()
    assert (hold.name, hold.held_by) == ("pause", "ana")
    assert await guardrails.resume(UNLIMITED) == ["Maintenance of the Internet Archive."]
    assert await guardrails.holds() == []
    assert len(await others.claim(1)) == 1


async def test_the_brake_stops_a_window_without_one_healthy_entity(
    entities: Entities, database_url: str, guardrails: Guardrails
) -> None:
    ill = ask(finding(UNKNOWN))
    async with open_audits(database_url, config=limited(brake_window=4)) as queue:
        await each(queue, entities, [ill, ill, ill, clean(), ill, ill, deferred(), ill])
        assert await guardrails.holds() == [], "an unreadable one is neither"
        entities.seed_one(GIDS[20])
        await audit(queue, ill)
        (hold,) = await guardrails.holds()
        assert hold.reason == "The last 4 audits saw not one healthy entity."
        entities.seed_one(GIDS[21])
        assert await queue.claim(1) == []
        await guardrails.resume(UNLIMITED)
        await audit(queue, ill)
        assert await guardrails.holds() == [], "a new window"


async def test_what_is_known_to_be_ill_does_not_pull_the_brake(
    entities: Entities, database_url: str, guardrails: Guardrails
) -> None:
    async with open_audits(database_url, config=limited(brake_window=3)) as queue:
        entities.seed()
        for _ in range(6):
            await audit(queue, ask(finding(UNKNOWN)))
            entities.make_due()
    assert await guardrails.holds() == []


async def test_too_many_deletes_pull_the_brake(
    entities: Entities, database_url: str, guardrails: Guardrails
) -> None:
    stray = finding(STRAY)

    def removal(gid: str, *images: int) -> Verdict:
        return repair(gid, stray, plan=[delete_of(image, gid) for image in images])

    async with open_audits(database_url, config=limited(deletes_per_day=3)) as queue:
        first, second = await each(
            queue, entities, [removal(GIDS[0], 1, 2), removal(GIDS[1], 3, 4)]
        )
        assert (first.verdict, second.verdict) == ("repair_queue", "deferred")
        assert second.reason == "no-budget: deletes_per_day"
        (hold,) = await guardrails.holds()
        assert hold.reason == "The audit wants more than deletes_per_day = 3 deletions."
        await guardrails.resume(UNLIMITED)
        entities.seed_one(GIDS[30])
        assert (await audit(queue, removal(GIDS[30], 5, 6))).verdict == "deferred"
        entities.seed_one(GIDS[31])
        done = await audit(queue, removal(GIDS[31], 7))
        assert done.verdict == "repair_queue", "what fits is done"
        assert await guardrails.holds() == [], "a person has looked: no second alarm in a day"
    assert spent(entities, "deletes") == 3


# --- probation


async def test_the_first_repairs_of_a_kind_must_hold(
    entities: Entities, database_url: str, guardrails: Guardrails
) -> None:
    config = limited(probation_repairs=2)
    async with open_audits(database_url, config=config) as queue:
        done = await each(queue, entities, [repair(gid) for gid in GIDS[:3]])
        assert [d.verdict for d in done] == ["repair_queue", "repair_queue", "deferred"]
        assert done[2].reason == "probation"
        entities.seed_one(GIDS[10])
        other = finding(kind("other"))
        assert (await audit(queue, repair(GIDS[10], other))).verdict == "repair_queue"

        async def verify(gid: str, verdict: Verdict) -> Finished:
            entities.make_due(gid)
            return await audit(queue, verdict)

        entities.complete(*done[0].events)
        await verify(GIDS[0], clean())
        assert (await verify(GIDS[2], repair(GIDS[2]))).reason == "probation"
        await verify(GIDS[1], deferred("open-events"))
        entities.complete(*done[1].events)
        await verify(GIDS[1], clean(finding(OLD_FORMAT)))
        assert (await verify(GIDS[2], repair(GIDS[2]))).verdict == "repair_queue"
        (trial, _) = sorted(await guardrails.trials(), key=lambda t: -t.started)
        assert (trial.kind, trial.started, trial.verified, trial.failed) == ("wrong-index", 3, 2, 0)


async def test_a_kind_whose_first_repairs_fail_waits_for_a_person(
    entities: Entities, database_url: str, guardrails: Guardrails
) -> None:
    config = limited(probation_repairs=2)
    async with open_audits(database_url, config=config) as queue:
        for gid in GIDS[:2]:
            entities.seed_one(gid)
            done = await audit(queue, repair(gid))
            entities.complete(*done.events)
            entities.make_due(gid)
            await audit(queue, ask(finding()))
        entities.seed_one(GIDS[5])
        assert (await audit(queue, repair(GIDS[5]))).reason == "probation"
        await guardrails.resume(config)
        entities.make_due(GIDS[5])
        assert (await audit(queue, repair(GIDS[5]))).verdict == "repair_queue"


async def test_figures(entities: Entities, audits: AuditQueue, guardrails: Guardrails) -> None:
    plan = [copy_of(7, A, B), delete_of(7, A, 0), index_of(B, 0)]
    await each(audits, entities, [repair(A, finding(STRAY), plan=plan)])
    assert await guardrails.outstanding() == 3
    spending: dict[str, Any] = {
        name: (of.hour, of.day) for name, of in (await guardrails.spending()).items()
    }
    assert spending == {
        "entities": (1, 1),
        "repairs": (3, 3),
        "format_repairs": (0, 0),
        "deletes": (1, 1),
    }
