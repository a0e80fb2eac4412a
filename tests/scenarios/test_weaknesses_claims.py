"""Weaknesses of the first-generation daemon in how it takes and finishes events.

Each test carries the letter under which the contract lists the weakness.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
from aiohttp import web

from artwork_indexer.sandbox.internet_archive import fault_kinds as faults
from artwork_indexer.sandbox.internet_archive.calls import Call
from tests.scenarios.expected import CAA, R1, R2, R3, put
from tests.scenarios.running import drain, is_completed, is_put, running, until
from tests.scenarios.stage import Stage

DAEMONS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
OPEN_TRANSACTIONS = f"SELECT 1 {DAEMONS} AND (xact_start IS NOT NULL OR backend_xid IS NOT NULL)"


async def test_weakness_A_a_gid_that_is_no_uuid_fails_its_event_only(caa: Stage) -> None:
    bad = caa.insert("index", {"gid": "A"})
    good = caa.insert("noop", {})
    await drain(caa)
    assert caa.states() == {bad: "failed", good: "completed"}
    (reason,) = caa.reasons(bad)
    assert "gid" in reason


async def test_weakness_A_an_sql_error_is_recorded_and_the_daemon_goes_on(caa: Stage) -> None:
    caa.sql("DROP VIEW cover_art_archive.index_listing")
    broken = caa.insert("index", {"gid": R1})
    good = caa.insert("noop", {})
    await drain(caa)
    assert caa.states() == {broken: "queued", good: "completed"}
    (reason,) = caa.reasons(broken)
    assert "index_listing" in reason


async def test_weakness_B_time_spent_in_the_queue_is_not_running_time(caa: Stage) -> None:
    """An idle process leaves the event of a busy one alone, however long that one had waited."""
    event = caa.insert("noop", {})
    caa.sql(
        "UPDATE artwork_indexer.event_queue SET state = 'running', attempts = 1, claims = 1,"
        " created = now() - interval '2 hours', claimed_by = 'another',"
        " lease_expires = now() + interval '1 minute'"
    )
    await drain(caa)
    assert caa.states() == {event: "running"}
    assert caa.reasons(event) == []


async def test_weakness_B_an_orphan_that_was_started_promptly_is_noticed(caa: Stage) -> None:
    event = caa.insert("noop", {})
    caa.sql(
        "UPDATE artwork_indexer.event_queue SET state = 'running', attempts = 1, claims = 1,"
        " claimed_by = 'gone', lease_expires = now() - interval '1 second'"
    )
    await drain(caa)
    assert caa.states() == {event: "completed"}


async def test_weakness_C_the_dependants_of_a_stalled_event_fail_with_it(caa: Stage) -> None:
    five_minutes_ago = datetime.now(UTC) - timedelta(minutes=5)
    parent = caa.insert("noop", {"n": 1}, state="running", created=five_minutes_ago)
    child = caa.insert("noop", {"n": 2}, depends_on=[parent])
    grandchild = caa.insert("noop", {"n": 3}, depends_on=[child])
    await drain(caa)
    assert set(caa.states().values()) == {"failed"}
    assert "been running for more than 2.5 minutes" in caa.reasons(parent)[0]
    for event in (child, grandchild):
        assert f"depended on ({parent})" in caa.reasons(event)[0]


async def test_weakness_D_the_result_of_a_lost_claim_is_thrown_away(caa: Stage) -> None:
    hang = faults.Hang()
    caa.archive.faults.add("PUT", "index.json", hang)
    event = caa.insert("index", {"gid": R1})
    async with running(caa):
        await caa.archive.journal.wait_for(is_put("index.json"))
        caa.sql(
            "UPDATE artwork_indexer.event_queue SET claimed_by = 'another', claims = claims + 1"
        )
        hang.release()
    assert caa.states() == {event: "running"}
    assert caa.column("claimed_by", event) == "another"


async def test_weakness_F_a_twin_that_is_committed_while_the_retry_is_written(caa: Stage) -> None:
    """The identical job is invisible to the check and there at the write."""
    released = asyncio.Event()

    async def fail_when_released(_call: Call, _answer: faults.Answer) -> web.Response:
        await released.wait()
        return web.Response(status=500)

    caa.archive.faults.add("PUT", "index.json", fail_when_released)
    older = caa.insert("index", {"gid": R1})
    async with running(caa):
        await caa.archive.journal.wait_for(is_put("index.json"))
        with psycopg.connect(caa.database_url) as editor:
            editor.execute("UPDATE cover_art_archive.cover_art SET comment = 'newer' WHERE id = 1")
            released.set()
            await until(lambda: bool(caa.sql(f"SELECT 1 {DAEMONS} AND wait_event_type = 'Lock'")))
            editor.commit()
        await until(lambda: "completed" in caa.states().values())
    newer = max(caa.states())
    assert newer != older
    assert caa.states() == {older: "failed", newer: "completed"}
    assert any("uperseded" in reason for reason in caa.reasons(older))


async def test_weakness_G_a_connection_that_breaks_loses_no_result(caa: Stage) -> None:
    hang = faults.Hang()
    caa.archive.faults.add("PUT", "_mb_metadata.xml", hang)
    event = caa.insert("index", {"gid": R1})
    async with running(caa):
        await caa.archive.journal.wait_for(is_put("_mb_metadata.xml"))
        caa.sql(f"SELECT pg_terminate_backend(pid) {DAEMONS}")
        hang.release()
        await until(lambda: caa.states() == {event: "completed"})
    assert len(caa.writes()) == 2


async def test_weakness_G_a_stop_is_heard_while_the_database_is_away(caa: Stage) -> None:
    caa.insert("noop", {})
    async with running(caa) as daemon:
        await until(lambda: set(caa.states().values()) == {"completed"})
        caa.allow_connections(False)
        caa.sql(f"SELECT pg_terminate_backend(pid) {DAEMONS}")
        daemon.stop()
        assert await daemon.ended() == 0


async def test_weakness_G_logs_hold_no_statements_and_no_values(
    caa: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caa.sql("DROP VIEW cover_art_archive.index_listing")
    caa.insert("index", {"gid": R1})
    with caplog.at_level(logging.DEBUG, "artwork_indexer"):
        await drain(caa)
    assert caplog.text
    for forbidden in ("SELECT", "%(gid)s", "caa_pass", "eaa_pass"):
        assert forbidden not in caplog.text


async def test_weakness_H_the_loop_survives_the_loss_of_its_connections(caa: Stage) -> None:
    async with running(caa, max_wait=0.2):
        for number in range(3):
            event = caa.insert("noop", {"n": number})
            caa.sql(f"SELECT pg_terminate_backend(pid) {DAEMONS}")
            await until(partial(is_completed, caa, event))


async def test_weakness_I_no_transaction_is_open_during_a_request(caa: Stage) -> None:
    hangs = {fragment: faults.Hang() for fragment in ("index.json", "_mb_metadata.xml")}
    for fragment, hang in hangs.items():
        caa.archive.faults.add("PUT", fragment, hang)
    caa.insert("index", {"gid": R1})
    async with running(caa):
        for fragment, hang in hangs.items():
            await caa.archive.journal.wait_for(is_put(fragment))
            # A statement of the loop or of a lease may just be running; none lasts.
            await until(lambda: not caa.sql(OPEN_TRANSACTIONS))
            hang.release()


async def test_weakness_L_age_counts_from_the_completion(caa: Stage) -> None:
    """A failed event of long ago that is requeued does not vanish when it completes."""
    event = caa.insert("noop", {})
    caa.sql(
        "UPDATE artwork_indexer.event_queue SET state = 'failed',"
        " created = now() - interval '100 days', last_updated = now() - interval '100 days'"
    )
    caa.sql("UPDATE artwork_indexer.event_queue SET state = 'queued', attempts = 0")
    await drain(caa)
    await drain(caa)
    assert caa.states() == {event: "completed"}


async def test_weakness_L_old_events_go_also_while_there_is_work(caa: Stage) -> None:
    old = caa.insert("noop", {"n": 1}, state="completed")
    caa.sql(
        "UPDATE artwork_indexer.event_queue SET created = now() - interval '100 days',"
        " completed_at = now() - interval '100 days'"
    )
    hang = faults.Hang()
    caa.archive.faults.add("PUT", "index.json", hang)
    busy = caa.insert("index", {"gid": R1})
    async with running(caa):
        await until(lambda: old not in caa.states())
        assert caa.states() == {busy: "running"}
        hang.release()


async def test_weakness_P_jobs_of_one_mbid_never_overlap(caa: Stage) -> None:
    """The job of a fresh edit waits for the running one; other entities do not."""
    hang = faults.Hang()
    caa.archive.faults.add("PUT", f"mbid-{R1}/index.json", hang)
    caa.configure("indexer", concurrency="4")
    first = caa.insert("index", {"gid": R1})
    async with running(caa, max_wait=0.1), running(caa, max_wait=0.1):
        await caa.archive.journal.wait_for(is_put("index.json"))
        caa.sql("UPDATE cover_art_archive.cover_art SET comment = 'newer' WHERE id = 1")
        (second,) = [event for event in caa.states() if event != first]
        other = caa.insert("index", {"gid": R3})
        await until(lambda: caa.states()[other] == "completed")
        assert caa.states() == {first: "running", second: "queued", other: "completed"}
        hang.release()
        await until(lambda: set(caa.states().values()) == {"completed"})
    assert b'"comment": "newer"' in caa.entries("PUT", f"{R1}/index.json")[-1].body


async def test_weakness_P_one_claim_takes_one_job_of_an_mbid(caa: Stage) -> None:
    """A merge touches two MBIDs, so the copy keeps the jobs of both away."""
    caa.insert("copy_image", {"artwork_id": 1, "old_gid": R1, "new_gid": R2, "suffix": "jpg"})
    caa.insert("index", {"gid": R1})
    caa.insert("index", {"gid": R2})
    other = caa.insert("index", {"gid": R3})
    again = caa.insert("index", {"gid": R3, "again": True})
    assert caa.claimed() == [1, other]
    assert caa.states()[again] == "queued"


async def test_weakness_P_what_is_written_is_the_newest(caa: Stage) -> None:
    """An edit during the request to the web service is in the file already."""

    def edit_meanwhile() -> None:
        caa.sql("UPDATE cover_art_archive.cover_art SET comment = 'newest' WHERE id = 1")

    caa.before_web_answer[R1] = edit_meanwhile
    caa.insert("index", {"gid": R1})
    async with running(caa):
        await until(lambda: bool(caa.entries("PUT", "index.json")))
    assert b'"comment": "newest"' in caa.entries("PUT", "index.json")[0].body
    assert caa.requests()[:2] == [CAA.get(R1), put(R1, "index.json")]
