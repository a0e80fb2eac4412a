"""The Changes API: an entity is audited again soon when its item changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from artwork_indexer.archive.search import Credentials
from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    PermanentError,
    Refused,
    Unreachable,
)
from artwork_indexer.sandbox.internet_archive import fault_kinds as kinds
from audit.seeding.changes import SOURCE
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
from tests.audit.seeding.changes_fixtures import SETTLE, begun, change, feed, under_audit, waits
from tests.audit.seeding.checkpoint_fixtures import WAITS
from tests.queue_fixtures import until

pytest_plugins = ["tests.audit.seeding.archive_plugin"]

KNOWN = (RELEASE, MERGED_RELEASE, EVENT, MERGED_EVENT)
ENTER = b"INSERT INTO artwork_indexer.audit_entity (entity_type, gid) VALUES (%s, %s)"
WAITING = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


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


async def test_a_reason_that_a_row_has_already_is_kept(place: Place) -> None:
    await begun(place)
    under_audit(place, mbid(1), "clean", "now() + interval '1 day'", return_reason="'review'")
    change(place, *names(1))
    await feed(place).catch_up(place.progress)
    found = place.entities()[mbid(1)]
    assert (waits(found), found["return_reason"]) == (SETTLE, "review")


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
        await asyncio.wait_for(run.catch_up(place.progress), 30)
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


async def test_a_token_that_is_too_old_is_replaced_by_its_day(place: Place) -> None:
    await begun(place)
    change(place, f"mbid-{RELEASE}")
    place.archive.settings.oldest_change = 1
    await feed(place).catch_up(place.progress)
    assert waits(place.entities()[RELEASE]) == SETTLE
    told = "does not take its token: unknown token. Going on with the changes since 2"
    assert told in place.progress_text()


async def test_what_was_not_read_when_a_token_ends_is_read_from_its_own_day(place: Place) -> None:
    await begun(place)
    before = place.archive.clock.now() - 60 * 86400
    place.archive.changes += [(name, before) for name in names(1, 2, 3, 4)]
    for number in (1, 2, 3, 4):
        under_audit(place, mbid(number), "clean", "now() + interval '90 days'")
    # The run before was two months ago; this one is stopped in the middle of what came since.
    place.rows.execute(
        "UPDATE artwork_indexer.audit_seeding SET position = position || %s::jsonb",
        [f'{{"seen": "{datetime.now(UTC) - timedelta(days=60)}"}}'],
    )
    place.archive.settings.changes_page = 2
    place.archive.faults.add("POST", CHANGES, kinds.html(), times=None, skip=1)
    with pytest.raises(Unreachable):
        await feed(place).catch_up(place.progress)
    place.archive.faults.clear()
    place.archive.settings.oldest_change = 3
    place.archive.settings.changes_page = 10
    await feed(place).catch_up(place.progress)
    assert {waits(row) for row in place.entities().values()} == {SETTLE}


async def test_a_feed_that_goes_round_is_stopped(place: Place) -> None:
    await begun(place)
    place.archive.settings.changes_page = 1
    change(place, f"mbid-{RELEASE}", f"mbid-{EVENT}", *names(1))
    place.archive.faults.add("POST", CHANGES, kinds.edit_json({"next_token": "1"}), times=None)
    with pytest.raises(Unreachable, match=r"round in circles.* Run this again later"):
        await asyncio.wait_for(feed(place).catch_up(place.progress), 30)


async def test_a_feed_that_went_round_once_goes_on_with_the_day(place: Place) -> None:
    await begun(place)
    place.archive.settings.changes_page = 1
    change(place, *names(1, 2, 3))
    for number in (1, 2, 3):
        under_audit(place, mbid(number), "clean")
    # The third answer leads back to the second one.
    place.archive.faults.add("POST", CHANGES, kinds.edit_json({"next_token": "1"}), skip=1)
    await feed(place).catch_up(place.progress)
    assert {waits(row) for row in place.entities().values()} == {SETTLE}
    assert "for the second time. Going on with the changes since" in place.progress_text()


async def test_tokens_that_are_never_taken_are_not_asked_for_without_end(place: Place) -> None:
    await begun(place)
    place.archive.settings.changes_page = 1
    change(place, *names(1, 2, 3))
    place.archive.settings.oldest_change = 99
    with pytest.raises(Unreachable, match=r"does not take its token: unknown token\. That was"):
        await asyncio.wait_for(feed(place).catch_up(place.progress), 30)


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


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (kinds.status(404, "nothing here"), r"HTTP 404 .*: nothing here\. Correct changes_url"),
        (kinds.status(405, "no"), r"HTTP 405 .*: no\. Correct changes_url in section \[archive\]"),
        (kinds.redirect("https://example.org/"), r"not followed\. Correct changes_url"),
        (kinds.status(400, "bad day"), r"refuses the request: bad day\. Name another day with"),
    ],
)
async def test_what_is_refused_for_good_is_told_at_once_with_the_remedy(
    place: Place, fault: kinds.Fault, said: str
) -> None:
    await begun(place)
    place.archive.faults.add("POST", CHANGES, fault)
    with pytest.raises(PermanentError, match=said):
        await place.changes().read(start_date="20261101")
    assert not place.told


async def test_a_page_in_html_at_a_wrong_address_tells_the_remedy_too(place: Place) -> None:
    place.archive.faults.add("POST", CHANGES, kinds.html(404), times=None)
    with pytest.raises(Unreachable, match=r"If it stays so, correct changes_url in section"):
        await feed(place).catch_up(place.progress)
    place.archive.faults.clear()
    place.archive.faults.add("POST", CHANGES, kinds.html(500), times=None)
    with pytest.raises(Unreachable) as told:
        await feed(place).catch_up(place.progress)
    assert "changes_url" not in str(told.value)


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
    run = feed(place)
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


async def test_a_follower_goes_on_after_another_run(place: Place) -> None:
    await begun(place)
    hang = kinds.Hang()
    rule = place.archive.faults.add("POST", CHANGES, hang)
    change(place, *names(1))
    under_audit(place, mbid(1), "clean")
    under_audit(place, mbid(2), "clean")
    following = asyncio.create_task(feed(place).follow(place.progress, None, 0.05))
    await until(lambda: rule.hits == 1)
    await feed(place).catch_up(place.progress)
    hang.release()
    await until(lambda: "Another run reads changes, too" in place.progress_text())
    change(place, *names(2))
    await until(lambda: place.entities()[mbid(2)]["next_audit_at"] is not None)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following


@pytest.mark.usefixtures("patient_locks")
async def test_an_entity_that_somebody_else_enters_meanwhile_is_hinted(
    place: Place, database_url: str
) -> None:
    await begun(place)
    change(place, f"mbid-{RELEASE}")
    run = feed(place)
    with psycopg.connect(database_url) as other:
        other.execute(ENTER, ["release", RELEASE])
        reading = asyncio.create_task(run.catch_up(place.progress))
        await until(lambda: bool(place.rows.execute(WAITING).fetchall()))
    assert await reading
    assert run.noted.tally == Tally(already=1)
    assert waits(place.entities()[RELEASE]) == SETTLE


@pytest.mark.usefixtures("patient_locks")
async def test_a_run_that_blocks_another_one_comes_to_its_end(
    place: Place, database_url: str
) -> None:
    """Releases come before events here, and the other way round there."""
    await begun(place)
    change(place, f"mbid-{RELEASE}", f"mbid-{MERGED_RELEASE}", f"mbid-{EVENT}")
    run = feed(place)
    with psycopg.connect(database_url) as other, psycopg.connect(database_url) as door:
        # Who waits looks for a deadlock once: the run has to be the last one that waits, and
        # waits at the door until then.
        other.execute("SET LOCAL deadlock_timeout = '1min'")
        other.execute(ENTER, ["event", EVENT])
        door.execute(ENTER, ["release", MERGED_RELEASE])
        reading = asyncio.create_task(run.catch_up(place.progress))
        await until(lambda: bool(place.rows.execute(WAITING).fetchall()))
        crossing = asyncio.create_task(
            asyncio.to_thread(other.execute, ENTER, ["release", RELEASE])
        )
        await until(lambda: bool(place.rows.execute(WAITS, [other.info.backend_pid]).fetchall()))
        door.rollback()
        await crossing
    assert await reading
    assert run.noted.tally == Tally(inserted=1, already=2)
    assert {waits(row) for row in place.entities().values()} == {SETTLE}
