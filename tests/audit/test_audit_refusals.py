"""Repairs that may not begin: what can wait for leave does, and what never gets it is asked."""

from __future__ import annotations

from typing import Any, Final

import pytest

from audit.guardrails import Guardrails
from audit.queue import Audited, AuditQueue
from tests.audit.queue_fixtures import (
    OLD_FORMAT,
    STRAY,
    Entities,
    audit,
    deferred,
    delete_of,
    each,
    finding,
    index_of,
    limited,
    open_audits,
    repair,
)
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.queue_plugin"]

A, B = GIDS[:2]
TOO_LARGE: Final = (
    "The repair takes {wanted} {what} at once, and {key} = 2 never lets it begin. Raise {key} in"
    " section [audit] to {wanted} or more, reload, and run `artwork-indexer audit recheck release"
    f" {A}`. Or repair it by hand: `artwork-indexer check release {A}` shows what is wrong, and"
    f" `artwork-indexer enqueue release {A}` writes its index.json and XML anew."
)


@pytest.mark.parametrize(
    ("key", "what", "wanted"),
    [
        ("deletes_per_day", "deletions", 3),
        ("repairs_per_hour", "events", 4),
        ("repairs_per_day", "events", 4),
        ("max_outstanding_repairs", "events", 4),
    ],
)
async def test_a_plan_that_no_limit_will_ever_allow_is_a_question_to_a_person(
    entities: Entities,
    database_url: str,
    guardrails: Guardrails,
    key: str,
    what: str,
    wanted: int,
) -> None:
    entities.seed()
    plan = [*(delete_of(image, A) for image in (7, 8, 9)), index_of(A, 0, 1, 2)]
    large = repair(A, finding(STRAY), plan=plan)
    async with open_audits(database_url, config=limited(**{key: 2})) as queue:
        done = await audit(queue, large)
    assert (done.verdict, done.reason, done.events) == ("manual_review", f"too-large: {key}", ())
    (review,) = entities.table("needs_manual_review")
    assert review["review_reason"] == TOO_LARGE.format(key=key, what=what, wanted=wanted)
    assert await guardrails.holds() == []
    assert entities.entity()["hours"] > 89 * 24
    entities.make_due()
    async with open_audits(database_url, config=limited(**{key: 4})) as queue:
        assert (await audit(queue, large)).verdict == "repair_queue", "after the limit was raised"
    assert [row["status"] for row in entities.table("needs_manual_review")] == ["resolved"]


async def test_limits_of_0_are_no_question(
    entities: Entities, database_url: str, guardrails: Guardrails
) -> None:
    config = limited(repairs_per_hour=0, repairs_per_day=0, max_outstanding_repairs=0)
    async with open_audits(database_url, config=config) as queue:
        (done,) = await each(queue, entities, [repair(A)])
        assert (done.verdict, done.reason) == ("deferred", "no-budget: repairs_per_hour")
    async with open_audits(database_url, config=limited(deletes_per_day=0)) as queue:
        entities.seed_one(B)
        done = await audit(queue, repair(B, finding(STRAY), plan=[delete_of(7, B)]))
        assert (done.verdict, done.reason) == ("manual_review", "too-large: deletes_per_day")
    assert await guardrails.holds() == []


@pytest.mark.parametrize("key", ["format_repairs_per_day", "repairs_per_hour"])
async def test_older_formats_are_never_a_question(
    entities: Entities, database_url: str, key: str
) -> None:
    large = repair(A, finding(OLD_FORMAT), plan=[index_of(A), index_of(B)])
    async with open_audits(database_url, config=limited(**{key: 1})) as queue:
        (done,) = await each(queue, entities, [large])
    assert (done.verdict, done.reason) == ("clean", f"no-budget: {key}")
    assert len(entities.table("audit_finding")) == 1


# --- repairs refused over and over


@pytest.mark.parametrize(
    ("limits", "hours"),
    [
        ({"repairs_per_hour": 0}, [1, 2, 4, 8, 16, 24, 24]),
        ({"max_outstanding_repairs": 0}, [1, 2, 4, 8, 16, 24, 24]),
        ({"repairs_per_day": 0}, [6, 12, 24, 24]),
        ({"probation_repairs": 1}, [24, 24]),
        ({"probation_repairs": 1, "settle_hours": 6}, [6, 12, 24, 24]),
        ({"probation_repairs": 1, "settle_hours": 48}, [48, 48]),
        ({"probation_repairs": 1, "settle_hours": 0}, [1 / 3600, 2 / 3600, 4 / 3600, 8 / 3600]),
    ],
)
async def test_a_repair_refused_again_waits_longer(
    entities: Entities, database_url: str, limits: dict[str, Any], hours: list[float]
) -> None:
    async with open_audits(database_url, config=limited(**limits)) as queue:
        await each(queue, entities, [repair(A), repair(B)])
        waits = []
        for _ in hours:
            waits.append(entities.wait(B) / 3600)
            entities.make_due(B)
            (claim,) = [c for c in await queue.claim(2) if c.gid == B]
            await queue.finish([Audited(claim, repair(B))])
    assert waits == [pytest.approx(wanted) for wanted in hours]


async def test_the_switch_to_repairs_is_prompt_but_not_a_race_with_a_process_that_reports(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    reported = deferred("report-mode", finding())
    await audit(audits, reported)
    (claim,) = await audits.claim(1)
    await audits.finish([Audited(claim, reported)])
    assert entities.entity()["deferrals"] == 2
    # As if that had been just now, however long this machine took since then.
    entities.change(last_audit_at="2100-01-01")
    assert await audits.claim(1) == [], "another process only reports"
    entities.change(last_audit_at="2020-01-01")
    assert len(await audits.claim(1)) == 1


async def test_a_refused_repair_is_never_tried_again_at_once(
    entities: Entities, database_url: str
) -> None:
    """Also without a time to settle: an audit would follow the other for nothing."""
    config = limited(probation_repairs=1, settle_hours=0)
    async with open_audits(database_url, config=config) as queue:
        _, refused = await each(queue, entities, [repair(gid) for gid in GIDS[:2]])
        assert refused.reason == "probation"
        assert entities.wait(GIDS[1]) == 1
        # As if that had been just now, however long this machine took since then.
        entities.change(GIDS[1], next_audit_at="2100-01-01")
        assert await queue.claim(5) == []
