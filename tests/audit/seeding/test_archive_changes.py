"""The Changes API: an entity is audited again soon when its item changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from artwork_indexer.archive.search import Credentials
from artwork_indexer.errors import CredentialsRefused, EventError, Refused, Unreachable
from artwork_indexer.sandbox.internet_archive import fault_kinds as kinds
from audit.seeding.changes import SOURCE, ChangeFeed, FeedRepeats
from audit.seeding.progress import Tally
from tests.audit.seeding.archive_fixtures import (
    CHANGES,
    EVENT,
    MERGED_EVENT,
    MERGED_RELEASE,
    RELEASE,
    UNKNOWN,
    Place,
    mbid,
    names,
)
from tests.queue_fixtures import until

pytest_plugins = ["tests.audit.seeding.archive_plugin"]

SETTLE = timedelta(hours=2)
KNOWN = (RELEASE, MERGED_RELEASE, EVENT, MERGED_EVENT)


def feed(place: Place, *, is_dry: bool = False, **options: Any) -> ChangeFeed:
    return ChangeFeed(
        place.database,
        options.get("changes") or place.changes(),
        place.patience(most_failures=options.get("most_failures", 3), is_dry=is_dry),
        place.reject,
        settle=SETTLE,
        is_dry=is_dry,
    )


def change(place: Place, *items: str) -> None:
    now = place.archive.clock.now()
    place.archive.changes.extend((item, now) for item in items)


def under_audit(place: Place, gid: str, status: str, due: str = "NULL", **columns: str) -> None:
    """A row of a release; ``due`` is SQL."""
    extra = {"claimed_by": "'me'", "attempts": "1"} if status == "audit_in_progress" else {}
    extra |= columns
    place.rows.execute(
        "INSERT INTO artwork_indexer.audit_entity"
        f" (entity_type, gid, status, next_audit_at{''.join(f', {name}' for name in extra)})"
        f" VALUES ('release', %s, %s, {due}{''.join(f', {value}' for value in extra.values())})",
        [gid, status],
    )


def waits(row: dict[str, Any]) -> timedelta:
    """How long from now on a row waits, to the minute."""
    wait: timedelta = row["next_audit_at"] - datetime.now(UTC)
    return timedelta(minutes=round(wait / timedelta(minutes=1)))


async def begun(place: Place) -> None:
    """A first run that only notes this moment."""
    assert not await feed(place).catch_up(place.progress)


async def test_the_first_run_notes_the_moment_and_the_next_the_changes(place: Place) -> None:
    change(place, f"mbid-{RELEASE}")
    await begun(place)
    assert place.entities() == {}
    change(place, *(f"mbid-{gid}" for gid in (*KNOWN, UNKNOWN)), "other", "mbid-5")
    run = feed(place)
    assert await run.catch_up(place.progress)
    found = place.entities()
    assert set(found) == set(KNOWN)
    assert {row["entity_type"] for row in found.values()} == {"release", "event"}
    for row in found.values():
        assert waits(row) == SETTLE
        assert (row["status"], row["return_reason"]) == ("deferred", "change")
        assert (row["seeded_from"], row["priority"]) == ("archive changes", 100)
    assert run.noted.tally == Tally(inserted=4, skipped=1, refused=2)
    # What is none of ours is most of the feed, and is not listed.
    assert place.rejected == [("mbid-5", "malformed"), (f"mbid-{UNKNOWN}", "undecidable")]


@pytest.mark.parametrize("status", ["clean", "manual_review", "repair_queue", "legacy", "deferred"])
async def test_a_waiting_row_keeps_its_state_and_waits_no_longer(place: Place, status: str) -> None:
    await begun(place)
    under_audit(place, mbid(1), status, "now() + interval '90 days'")
    under_audit(place, mbid(2), status, "now() + interval '1 hour'")
    under_audit(place, mbid(3), status)
    change(place, *names(1, 2, 3))
    run = feed(place)
    await run.catch_up(place.progress)
    found = place.entities()
    assert [waits(found[mbid(n)]) for n in (1, 2, 3)] == [SETTLE, timedelta(hours=1), SETTLE]
    assert {row["status"] for row in found.values()} == {status}
    assert [found[mbid(n)]["return_reason"] for n in (1, 2, 3)] == ["change", None, "change"]
    assert (run.noted.hinted, run.noted.tally) == (2, Tally(already=3))


async def test_a_row_under_audit_is_not_taken_from_its_worker(place: Place) -> None:
    await begun(place)
    under_audit(place, RELEASE, "audit_in_progress", lease_expires="now() + interval '5 minutes'")
    before = place.entities()[RELEASE]
    change(place, f"mbid-{RELEASE}")
    await feed(place).catch_up(place.progress)
    after = place.entities()[RELEASE]
    assert waits(after) == SETTLE
    untouched = set(before) - {"next_audit_at", "return_reason"}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}


async def test_a_locked_row_is_passed_by_and_noted_later(place: Place, database_url: str) -> None:
    await begun(place)
    under_audit(place, RELEASE, "clean", "now() + interval '90 days'")
    under_audit(place, mbid(1), "clean", "now() + interval '90 days'")
    change(place, f"mbid-{RELEASE}", *names(1))
    with psycopg.connect(database_url) as other:
        other.execute(
            "SELECT FROM artwork_indexer.audit_entity WHERE gid = %s FOR UPDATE", [RELEASE]
        )
        run = feed(place)
        await asyncio.wait_for(run.catch_up(place.progress), 5)
        assert (run.noted.hinted, run.noted.held) == (1, 1)
    assert waits(place.entities()[RELEASE]) == timedelta(days=90)
    assert place.checkpoint(SOURCE)["position"]["later"] == [RELEASE]
    run = feed(place)
    await run.catch_up(place.progress)
    assert (run.noted.hinted, run.noted.held) == (1, 0)
    assert waits(place.entities()[RELEASE]) == SETTLE


async def test_goes_on_at_its_token_and_reads_all_there_is(place: Place) -> None:
    await begun(place)
    place.archive.settings.changes_page = 2
    for number in range(5):
        under_audit(place, mbid(number), "clean")
    change(place, *names(*range(5)))
    rule = place.archive.faults.add("POST", CHANGES, kinds.html(), times=None, skip=1)
    with pytest.raises(Unreachable, match="goes on where it was"):
        await feed(place).catch_up(place.progress)
    assert rule.hits == 3
    place.archive.faults.clear()
    run = feed(place)
    await run.catch_up(place.progress)
    assert run.noted.tally == Tally(already=3)
    run = feed(place)
    await run.catch_up(place.progress)
    assert run.noted.tally == Tally()


async def test_since_a_day_and_since_ever(place: Place) -> None:
    yesterday = place.archive.clock.now() - 86400
    place.archive.changes.append((f"mbid-{RELEASE}", yesterday))
    change(place, f"mbid-{EVENT}")
    today = datetime.fromtimestamp(place.archive.clock.now(), UTC).strftime("%Y%m%d")
    assert await feed(place).catch_up(place.progress, today)
    assert set(place.entities()) == {EVENT}
    under_audit(place, mbid(1), "clean", "now() + interval '90 days'")
    change(place, *names(1))
    run = feed(place)
    await run.catch_up(place.progress, "0")
    found = place.entities()
    assert set(found) == {EVENT, RELEASE, mbid(1)}
    # Being named among everything is no sign of a change.
    assert found[RELEASE]["next_audit_at"] is None
    assert waits(found[mbid(1)]) == timedelta(days=90)
    assert run.noted.hinted == 0
    change(place, *names(1))
    await feed(place).catch_up(place.progress)
    assert waits(place.entities()[mbid(1)]) == SETTLE


async def test_since_ever_is_still_that_after_being_stopped(place: Place) -> None:
    place.archive.settings.changes_page = 2
    for number in range(4):
        under_audit(place, mbid(number), "clean", "now() + interval '90 days'")
    change(place, *names(*range(4)))
    place.archive.faults.add("POST", CHANGES, kinds.html(), times=None, skip=1)
    with pytest.raises(Unreachable):
        await feed(place).catch_up(place.progress, "0")
    place.archive.faults.clear()
    await feed(place).catch_up(place.progress)
    assert {waits(row) for row in place.entities().values()} == {timedelta(days=90)}


async def test_a_token_that_is_too_old_is_replaced_by_its_day(place: Place) -> None:
    await begun(place)
    change(place, f"mbid-{RELEASE}")
    place.archive.settings.oldest_change = 1
    await feed(place).catch_up(place.progress)
    assert waits(place.entities()[RELEASE]) == SETTLE
    assert "token is too old; going on with the changes since" in place.progress_text()


async def test_a_feed_that_goes_round_is_stopped(place: Place) -> None:
    await begun(place)
    place.archive.settings.changes_page = 1
    change(place, f"mbid-{RELEASE}", f"mbid-{EVENT}", *names(1))
    place.archive.faults.add("POST", CHANGES, kinds.edit_json({"next_token": "1"}), times=None)
    with pytest.raises(FeedRepeats, match="round in circles"):
        await asyncio.wait_for(feed(place).catch_up(place.progress), 10)


@pytest.mark.parametrize(
    "fault",
    [
        kinds.html(200),
        kinds.html(503),
        kinds.html(400),
        kinds.garbage(),
        kinds.garbage('{"next_token": "1"}'),
        kinds.garbage('{"changes": []}'),
        kinds.too_many(retry_after=1),
    ],
)
async def test_an_answer_that_is_of_no_use_is_asked_for_again(
    place: Place, fault: kinds.Fault
) -> None:
    await begun(place)
    change(place, f"mbid-{RELEASE}")
    place.archive.faults.add("POST", CHANGES, fault)
    await feed(place).catch_up(place.progress)
    assert waits(place.entities()[RELEASE]) == SETTLE
    assert place.told


async def test_an_account_without_the_privilege_is_told_so_at_once(place: Place) -> None:
    keys = Credentials("LOW caa-access:caa-secret", "caa-keys")
    with pytest.raises(CredentialsRefused, match="insufficient privileges"):
        await feed(place, changes=place.changes(keys)).catch_up(place.progress)
    assert len(place.asked(CHANGES)) == 1
    assert not place.rows.execute("SELECT FROM artwork_indexer.service_pause").fetchall()


async def test_keys_are_in_no_error(place: Place) -> None:
    body = '{"error": "bad pair staff-access staff-secret"}'
    for fault in (kinds.garbage(body), kinds.status(400, body, "application/json")):
        place.archive.faults.add("POST", CHANGES, fault)
        with pytest.raises(EventError) as told:
            await place.changes().read()
        assert "bad pair" in str(told.value)
        assert "staff-secret" not in str(told.value)
        assert "staff-access" not in str(told.value)


async def test_a_dry_run_writes_nothing(place: Place) -> None:
    await begun(place)
    before = place.checkpoint(SOURCE)
    under_audit(place, mbid(1), "clean")
    change(place, f"mbid-{RELEASE}", *names(1))
    run = feed(place, is_dry=True)
    await run.catch_up(place.progress)
    assert (run.noted.tally, run.noted.hinted) == (Tally(1, 1), 1)
    assert set(place.entities()) == {mbid(1)}
    assert place.entities()[mbid(1)]["next_audit_at"] is None
    assert place.checkpoint(SOURCE) == before


async def test_of_two_at_once_only_one_goes_on(place: Place) -> None:
    await begun(place)
    place.archive.settings.changes_page = 1
    change(place, *names(1, 2))
    hang = kinds.Hang()
    place.archive.faults.add("POST", CHANGES, hang, skip=1)
    slow = asyncio.create_task(feed(place).catch_up(place.progress))
    await until(lambda: len(place.asked(CHANGES)) == 3)
    await feed(place).catch_up(place.progress)
    hang.release()
    with pytest.raises(Refused, match="Another run"):
        await slow


async def test_follows_and_survives_trouble(place: Place) -> None:
    run = feed(place, most_failures=None)
    following = asyncio.create_task(run.follow(place.progress, None, 0.05))

    begun = "SELECT FROM artwork_indexer.audit_seeding"
    await until(lambda: bool(place.rows.execute(begun).fetchall()))
    change(place, f"mbid-{RELEASE}")
    await until(lambda: RELEASE in place.entities())
    place.archive.faults.add("POST", CHANGES, kinds.html(), times=5)
    place.rows.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'test' AND pid <> pg_backend_pid()"
    )
    change(place, f"mbid-{EVENT}")
    await until(lambda: EVENT in place.entities())
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
