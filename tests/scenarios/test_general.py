"""The general scenarios of the contract: order, failure, clean-up, processes and signals."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from artwork_indexer.sandbox.internet_archive import fault_kinds as faults
from tests.scenarios.expected import R1
from tests.scenarios.processes import process
from tests.scenarios.running import drain, is_completed, is_put, until
from tests.scenarios.stage import Queued, Stage

RENAME = "UPDATE musicbrainz.release SET name = 'Jinak' WHERE id = 1"


async def test_duplicate_updates_are_one_job(caa: Stage) -> None:
    caa.commit(
        RENAME,
        "UPDATE cover_art_archive.cover_art SET comment = 'a' WHERE id = 1",
        "UPDATE cover_art_archive.cover_art SET comment = 'b' WHERE id = 1",
    )
    assert caa.queue() == [Queued(1, "queued", "release", "index", {"gid": R1}, None, 0)]


async def test_completed_events_go_after_ninety_days(caa: Stage) -> None:
    caa.commit(RENAME)
    await drain(caa)
    assert caa.states() == {1: "completed"}
    caa.sql("UPDATE artwork_indexer.event_queue SET created = created - interval '100 days'")
    await drain(caa)
    assert caa.queue() == []


async def test_what_an_unfinished_event_names_stays(caa: Stage) -> None:
    """So do failed, queued and running events, however old they are."""
    long_ago = datetime.now(UTC) - timedelta(days=400)
    parent = caa.insert("noop", {"n": 1}, state="completed", created=long_ago)
    later = datetime.now(UTC) + timedelta(days=1)
    child = caa.insert("noop", {"n": 2}, depends_on=[parent], created=long_ago, run_after=later)
    failed = caa.insert("noop", {"n": 3}, state="failed", created=long_ago)
    gone = caa.insert("noop", {"n": 4}, state="completed", created=long_ago)
    await drain(caa)
    assert set(caa.states()) == {parent, child, failed}
    assert gone not in caa.states()


async def test_an_event_waits_for_its_parents_however_old_it_is(caa: Stage) -> None:
    """Gids that are no MBIDs are put in by hand, so they must be accepted by the table."""
    caa.sql(
        """INSERT INTO artwork_indexer.event_queue
               (id, state, entity_type, action, message, depends_on, created) VALUES
           (1, 'queued', 'release', 'index', '{"gid": "A"}', NULL, now() - interval '1 day'),
           (2, 'completed', 'release', 'index', '{"gid": "B"}', NULL, now() - interval '2 days'),
           (3, 'queued', 'release', 'index', '{"gid": "C"}', '{1,2}', now() - interval '3 days')"""
    )
    assert caa.claimed() == [1]
    assert caa.claimed() == []


async def test_a_failing_event_takes_its_dependants_along(caa: Stage) -> None:
    first = caa.insert("noop", {"fail": True})
    second = caa.insert("noop", {"n": 2}, depends_on=[first])
    third = caa.insert("noop", {"n": 3}, depends_on=[second])
    for attempt in range(1, 6):
        await drain(caa)
        (event,) = [event for event in caa.queue() if event.id == first]
        assert event.attempts == attempt
        assert caa.reasons(first) == ["Failure (no-op)"] * attempt
        expected = "queued" if attempt < 5 else "failed"
        assert set(caa.states().values()) == {expected}
        caa.sql(
            "UPDATE artwork_indexer.event_queue SET last_updated = now() - interval '1 day'"
            " WHERE state = 'queued' AND id = %s",
            first,
        )
    for event_id in (second, third):
        (reason,) = caa.reasons(event_id)
        assert f"depended on ({first})" in reason
    assert [event.attempts for event in caa.queue()] == [5, 0, 0]
    assert caa.claimed() == []


async def test_an_event_that_runs_for_too_long_fails(caa: Stage) -> None:
    caa.sql(
        "INSERT INTO artwork_indexer.event_queue (state, entity_type, action, message, created)"
        """ VALUES ('running', 'release', 'index', '{"gid": "A"}', now() - interval '5 minutes')"""
    )
    await drain(caa)
    assert caa.states() == {1: "failed"}
    (reason,) = caa.reasons(1)
    assert "been running for more than 2.5 minutes" in reason


async def test_two_processes_do_nothing_twice(caa: Stage) -> None:
    events = [caa.insert("noop", {"n": number}) for number in range(20)]
    config = str(caa.config_file())
    arguments = ("--config", config, "run", "--max-idle-loops", "1", "--max-wait", "1")
    async with process(*arguments) as one, process(*arguments) as other:
        assert await one.ended() == 0
        assert await other.ended() == 0
        output = one.output + other.output
    assert caa.states() == dict.fromkeys(events, "completed")
    assert caa.sql("SELECT DISTINCT attempts, claims FROM artwork_indexer.event_queue") == [(1, 1)]
    for event in events:
        assert output.count(f"event {event} noop") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_the_running_event_finish(caa: Stage, number: signal.Signals) -> None:
    hang = faults.Hang()
    caa.archive.faults.add("PUT", "index.json", hang)
    event = caa.insert("index", {"gid": R1})
    async with process("--config", str(caa.config_file()), "run") as daemon:
        await caa.archive.journal.wait_for(is_put("index.json"))
        late = caa.insert("noop", {"n": 2})
        daemon.signal(number)
        await daemon.said("finishing 1 events")
        hang.release()
        assert await daemon.ended() == 0
    assert caa.states() == {event: "completed", late: "queued"}


async def test_an_edit_wakes_a_daemon_that_sleeps(caa: Stage) -> None:
    """Not before the next poll, half a minute later, as without notifications."""
    caa.configure("indexer", listen="yes")
    async with process("--config", str(caa.config_file()), "run", "--max-wait", "30") as daemon:
        await daemon.said("listening for new events")
        for number in range(3):
            event = caa.insert("noop", {"n": number})
            await until(partial(is_completed, caa, event))
    delays = caa.one(
        "SELECT max(extract(epoch FROM claimed - created)) FROM ("
        " SELECT created, last_updated AS claimed FROM artwork_indexer.event_queue) AS event"
    )
    assert delays < 15
