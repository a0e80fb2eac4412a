"""What a verdict writes, and that it is written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import psycopg
import pytest

from artwork_indexer.database import Connection
from audit.queue import Audited, AuditQueue
from audit.states import Evidence
from audit.verdict import Status, Verdict
from tests.audit.queue_fixtures import (
    OLD_FORMAT,
    UNKNOWN,
    WRONG_INDEX,
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
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.queue_plugin"]

A, B, C, D, E = GIDS[:5]


# --- verdicts


async def test_a_clean_entity_waits_for_the_next_round(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    evidence = Evidence(index_md5="1" * 32, originals={7: "2" * 12})
    done = await audit(audits, clean(finding(OLD_FORMAT), evidence=evidence))
    assert (done.verdict, done.events) == ("clean", ())
    row = entities.entity()
    assert (row["status"], row["last_verdict"], row["claimed_by"]) == ("clean", "clean", None)
    assert row["last_audit_at"] is not None
    assert 89 * 24 < row["hours"] <= 90 * 24
    assert [f["kind"] for f in entities.table("audit_finding")] == ["old-format"]
    assert entities.table("audit_history") == []
    entities.make_due()
    (claim,) = await audits.claim(1)
    assert claim.evidence == evidence


async def test_findings_keep_the_time_they_were_first_seen_and_end_when_gone(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    await audit(audits, clean(finding(OLD_FORMAT, "a"), finding(OLD_FORMAT, "b")))
    first = entities.table("audit_finding", "subject")
    entities.make_due()
    await audit(audits, clean(finding(OLD_FORMAT, "b", now="other"), finding(OLD_FORMAT, "c")))
    kept, new = entities.table("audit_finding", "subject")
    assert (kept["subject"], new["subject"]) == ("b", "c")
    assert kept["first_seen"] == first[1]["first_seen"]
    assert kept["last_seen"] > first[1]["last_seen"]
    assert kept["digest"] != first[1]["digest"]
    entities.make_due()
    await audit(audits, deferred("unreadable"))
    assert len(entities.table("audit_finding")) == 2, "nothing was judged"
    entities.make_due()
    await audit(audits, clean())
    assert entities.table("audit_finding") == []


async def test_trouble_has_a_history_that_ends_with_the_first_clean_audit(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    for verdict in (clean(), ask(finding(UNKNOWN, "image 1", md5="x")), clean(), clean()):
        entities.make_due()
        await audit(audits, verdict)
    asked, well = entities.table("audit_history", "id")
    assert [asked["verdict"], well["verdict"]] == ["manual_review", "clean"]
    assert asked["findings"] == [
        {
            "kind": "unknown-image",
            "subject": "image 1",
            "severity": "data",
            "digest": finding(UNKNOWN, "image 1", md5="x").digest,
            "message": "image 1: unknown-image",
        }
    ]


async def test_verdicts_are_counted_by_the_hour(entities: Entities, audits: AuditQueue) -> None:
    entities.seed(5)
    claims = sorted(await audits.claim(5), key=lambda claim: claim.id)
    verdicts = [
        clean(),
        clean(),
        deferred("unreadable"),
        deferred("unreadable: b"),
        repair(E),
    ]
    await audits.finish([Audited(*pair) for pair in zip(claims, verdicts, strict=True)])
    totals = entities.table("audit_total", "verdict")
    assert [(t["verdict"], t["reason"], t["audits"], t["repairs"]) for t in totals] == [
        ("clean", "", 2, 0),
        ("repair_queue", "", 1, 1),
        ("deferred", "unreadable", 2, 0),
    ]


async def test_the_same_deferral_ten_times_over_two_weeks_asks_a_person(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()

    async def changed(_: Connection, audited: Sequence[Audited]) -> Mapping[int, str]:
        return {one.claim.id: "database-changed" for one in audited}

    for count in range(1, 11):
        (claim,) = await audits.claim(1)
        (done,) = await audits.finish([Audited(claim, clean())], changed)
        row = entities.entity()
        assert (done.verdict, row["deferrals"]) == ("deferred", count)
        entities.make_due()
    entities.change(deferred_since="2020-01-01")
    (claim,) = await audits.claim(1)
    assert claim.deferral is not None
    assert (claim.deferral.reason, claim.deferral.count) == ("database-changed", 10)
    (done,) = await audits.finish([Audited(claim, clean())], changed)
    assert done.verdict == "manual_review"
    (review,) = entities.table("needs_manual_review")
    assert (
        review["review_reason"] == "Cannot be judged: database-changed, 11 times since 2020-01-01."
    )


async def test_another_reason_begins_a_new_count(entities: Entities, audits: AuditQueue) -> None:
    entities.seed()
    for reason, count in (("a", 1), ("a", 2), ("b", 1)):
        await audit(audits, deferred(reason))
        assert entities.entity()["deferrals"] == count
        entities.make_due()
    await audit(audits, clean())
    row = entities.entity()
    assert (row["deferral_reason"], row["deferrals"], row["deferred_since"]) == (None, 0, None)


# --- the last look


async def test_what_the_last_look_saw_defers_and_keeps_everything(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed(2)
    evidence = Evidence(index_md5="1" * 32)
    claims = sorted(await audits.claim(2), key=lambda claim: claim.id)

    async def second_changed(
        connection: Connection, audited: Sequence[Audited]
    ) -> Mapping[int, str]:
        await connection.execute("SELECT 1")
        return {audited[1].claim.id: "database-changed"}

    done = await audits.finish(
        [Audited(claim, clean(evidence=evidence)) for claim in claims], second_changed
    )
    assert [(d.claim.gid, d.verdict, d.reason) for d in done] == [
        (A, "clean", "clean"),
        (B, "deferred", "database-changed"),
    ]
    assert entities.entity(A)["evidence"] == {"index_md5": "1" * 32}
    assert entities.entity(B)["evidence"] == {}
    assert entities.entity(B)["return_reason"] == "second look"


async def test_the_last_look_sees_only_what_is_still_ours(
    entities: Entities, audits: AuditQueue, others: AuditQueue
) -> None:
    entities.seed(2)
    claims = sorted(await audits.claim(2), key=lambda claim: claim.id)
    entities.change(A, lease_expires="2020-01-01")
    await others.claim(1)
    seen: list[str] = []

    async def look(_: Connection, audited: Sequence[Audited]) -> Mapping[int, str]:
        seen.extend(one.claim.gid for one in audited)
        return {}

    done = await audits.finish([Audited(claim, clean()) for claim in claims], look)
    assert seen == [B]
    assert [d.claim.gid for d in done] == [B]


async def test_a_last_look_that_breaks_leaves_nothing(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed()
    (claim,) = await audits.claim(1)

    async def broken(connection: Connection, _: Sequence[Audited]) -> Mapping[int, str]:
        await connection.execute(
            "UPDATE artwork_indexer.audit_entity SET evidence = '{\"half\": 1}'"
        )
        raise LookupError("no such entity")

    with pytest.raises(LookupError):
        await audits.finish([Audited(claim, repair(A))], broken)
    assert entities.entity()["evidence"] == {}
    assert entities.has_no_results()
    assert (await finish(audits, claim, clean())).verdict == "clean"


async def test_a_worker_that_is_killed_in_the_middle_leaves_nothing(
    entities: Entities, audits: AuditQueue, others: AuditQueue
) -> None:
    entities.seed(2)
    claims = sorted(await audits.claim(2), key=lambda claim: claim.id)

    async def last(connection: Connection, _: Sequence[Audited]) -> Mapping[int, str]:
        await connection.execute("UPDATE artwork_indexer.audit_entity SET status = 'clean'")
        entities.run("SELECT pg_terminate_backend(%(pid)s)", pid=connection.info.backend_pid)
        return {}

    with pytest.raises(psycopg.OperationalError):
        await audits.finish([Audited(c, repair(c.gid)) for c in claims], last)
    assert entities.has_no_results()
    assert await others.claim(2) == []
    entities.run("UPDATE artwork_indexer.audit_entity SET lease_expires = '2020-01-01'")
    again = await others.claim(2)
    assert [claim.crashes for claim in again] == [1, 1]
    done = await others.finish([Audited(claim, repair(claim.gid)) for claim in again])
    assert [d.verdict for d in done] == ["repair_queue"] * 2
    assert entities.count("queued") == 2


async def test_a_verdict_that_cannot_be_written_whole_leaves_nothing(
    entities: Entities, audits: AuditQueue
) -> None:
    entities.seed(2)
    claims = sorted(await audits.claim(2), key=lambda claim: claim.id)
    entities.run("ALTER TABLE artwork_indexer.audit_total ADD CHECK (verdict <> 'repair_queue')")
    with pytest.raises(psycopg.errors.CheckViolation, match="audit_total"):
        await audits.finish(
            [Audited(claims[0], ask(finding(UNKNOWN))), Audited(claims[1], repair(B))]
        )
    assert entities.has_no_results()
    assert entities.table("audit_budget") == entities.run(
        "SELECT * FROM artwork_indexer.audit_budget WHERE budget = 'entities'"
    )
    assert {row["status"] for row in entities.table("audit_entity")} == {"audit_in_progress"}


async def test_what_the_last_look_saw_again_waits_longer(
    entities: Entities, database_url: str
) -> None:
    entities.seed()

    async def changed(_: Connection, audited: Sequence[Audited]) -> Mapping[int, str]:
        return {one.claim.id: "database-changed" for one in audited}

    waits = []
    async with open_audits(database_url, config=limited(settle_hours=0)) as queue:
        for _ in range(4):
            entities.make_due()
            (claim,) = await queue.claim(1)
            await queue.finish([Audited(claim, clean())], changed)
            waits.append(entities.wait())
    assert waits == [1, 2, 4, 8]


async def test_verdicts_of_a_batch_do_not_mix(entities: Entities, audits: AuditQueue) -> None:
    entities.seed(4)
    claims = sorted(await audits.claim(4), key=lambda claim: claim.id)
    legacy = Verdict(Status.LEGACY, "residue", "", Evidence(), (), next_audit_in=timedelta(days=1))
    verdicts = [clean(), ask(finding(UNKNOWN)), repair(C), legacy]
    done = await audits.finish([Audited(*pair) for pair in zip(claims, verdicts, strict=True)])
    assert [d.verdict for d in done] == ["clean", "manual_review", "repair_queue", "legacy"]
    assert [entities.entity(gid)["status"] for gid in (A, B, C, D)] == [d.verdict for d in done]
    assert [row["audit_entity_id"] for row in entities.table("needs_manual_review")] == [
        claims[1].id
    ]
    assert {row["kind"] for row in entities.table("audit_finding")} == {
        UNKNOWN.id,
        WRONG_INDEX.id,
    }


async def test_old_records_are_pruned(entities: Entities, audits: AuditQueue) -> None:
    entities.seed()
    await audit(audits, ask(finding(UNKNOWN)))
    assert await audits.prune() == 0
    entities.run("UPDATE artwork_indexer.audit_history SET audited_at = '2020-01-01'")
    entities.run("UPDATE artwork_indexer.audit_budget SET minute = '2020-01-01'")
    assert await audits.prune() == 2
    assert entities.table("audit_history") == []
