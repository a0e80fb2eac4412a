"""A pass over the changes since a day, or over everything, beside the changes as they come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from artwork_indexer.errors import Unreachable
from artwork_indexer.sandbox.internet_archive import fault_kinds as kinds
from audit.seeding.changes import SOURCE
from audit.seeding.progress import Tally
from tests.audit.seeding.archive_fixtures import CHANGES, EVENT, RELEASE, Place, mbid, names
from tests.audit.seeding.changes_fixtures import SETTLE, begun, change, feed, under_audit, waits
from tests.queue_fixtures import until

pytest_plugins = ["tests.audit.seeding.archive_plugin"]

LATE = "now() + interval '90 days'"
UNHINTED = timedelta(days=90)


def day(place: Place, ago: int = 0) -> str:
    moment = datetime.fromtimestamp(place.archive.clock.now(), UTC) - timedelta(days=ago)
    return f"{moment:%Y%m%d}"


def fail_after(place: Place, answers: int) -> None:
    """From then on the stand-in fails."""
    place.archive.faults.add("POST", CHANGES, kinds.html(), times=None, skip=answers)


async def stopped(place: Place, since: str | None, answers: int) -> None:
    """A run that is stopped after so many answers."""
    fail_after(place, answers)
    with pytest.raises(Unreachable):
        await feed(place).catch_up(place.progress, since)
    place.archive.faults.clear()


async def test_since_a_day_the_changes_are_noted(place: Place) -> None:
    yesterday = place.archive.clock.now() - 86400
    place.archive.changes.append((f"mbid-{RELEASE}", yesterday))
    change(place, f"mbid-{EVENT}")
    assert await feed(place).catch_up(place.progress, day(place))
    assert {gid: waits(row) for gid, row in place.entities().items()} == {EVENT: SETTLE}


async def test_being_named_among_everything_is_no_change(place: Place) -> None:
    change(place, f"mbid-{RELEASE}", *names(1))
    under_audit(place, mbid(1), "clean", LATE)
    run = feed(place)
    assert await run.catch_up(place.progress, "0")
    found = place.entities()
    assert set(found) == {RELEASE, mbid(1)}
    assert found[RELEASE]["next_audit_at"] is None
    assert waits(found[mbid(1)]) == UNHINTED
    assert (run.noted.hinted, run.noted.tally) == (0, Tally(inserted=1, already=1))
    change(place, *names(1))
    await feed(place).catch_up(place.progress)
    assert waits(place.entities()[mbid(1)]) == SETTLE


async def test_a_change_before_a_pass_over_everything_is_still_a_change(place: Place) -> None:
    await begun(place)
    under_audit(place, mbid(1), "clean", "now() + interval '80 days'")
    change(place, *names(1))
    run = feed(place)
    await run.catch_up(place.progress, "0")
    assert waits(place.entities()[mbid(1)]) == SETTLE
    assert run.noted.hinted == 1


@pytest.mark.parametrize("is_first", [True, False])
async def test_what_changes_during_a_pass_over_everything_is_a_change(
    place: Place, is_first: bool
) -> None:
    if not is_first:
        await begun(place)
    place.archive.settings.changes_page = 2
    for number in (1, 2, 3):
        under_audit(place, mbid(number), "clean", LATE)
    place.archive.changes += [(name, 1.0) for name in names(1, 2, 3)]
    if not is_first:
        await feed(place).catch_up(place.progress)
        place.rows.execute(f"UPDATE artwork_indexer.audit_entity SET next_audit_at = {LATE}")
    hang = kinds.Hang()
    rule = place.archive.faults.add("POST", CHANGES, hang, skip=2)
    running = asyncio.create_task(feed(place).catch_up(place.progress, "0"))
    await until(lambda: rule.hits == 1)
    change(place, *names(2))
    hang.release()
    await asyncio.wait_for(running, 30)
    found = place.entities()
    assert [waits(found[mbid(n)]) for n in (1, 2, 3)] == [UNHINTED, SETTLE, UNHINTED]
    place.archive.journal.clear()
    run = feed(place)
    await run.catch_up(place.progress)
    assert (run.noted.tally, len(place.asked(CHANGES))) == (Tally(), 1)


@pytest.mark.parametrize("since", ["0", None])
async def test_a_pass_that_was_stopped_goes_on(place: Place, since: str | None) -> None:
    place.archive.settings.changes_page = 2
    for number in range(6):
        under_audit(place, mbid(number), "clean", LATE)
    change(place, *names(*range(6)))
    await stopped(place, "0", 2)
    assert place.checkpoint(SOURCE)["position"]["since"] == "0"
    run = feed(place)
    await run.catch_up(place.progress, since)
    assert run.noted.tally == Tally(already=4)
    assert {waits(row) for row in place.entities().values()} == {UNHINTED}
    assert "Going on with every item there is, where it was stopped." in place.progress_text()
    # One that is finished begins anew.
    run = feed(place)
    await run.catch_up(place.progress, since)
    assert run.noted.tally == (Tally() if since is None else Tally(already=6))


async def test_another_day_gives_up_the_pass_that_was_stopped(place: Place) -> None:
    place.archive.settings.changes_page = 2
    place.archive.changes += [(name, 1.0) for name in names(*range(4))]
    for number in range(5):
        under_audit(place, mbid(number), "clean", LATE)
    await stopped(place, "0", 2)
    change(place, *names(4))
    await feed(place).catch_up(place.progress, day(place))
    assert "Reading every item there is was not finished; it is given up" in place.progress_text()
    found = place.entities()
    assert [waits(found[mbid(n)]) for n in range(5)] == [UNHINTED] * 4 + [SETTLE]


async def test_a_follower_does_not_begin_a_pass_anew(place: Place) -> None:
    place.archive.settings.changes_page = 2
    for number in range(6):
        under_audit(place, mbid(number), "clean", LATE)
    change(place, *names(*range(6)))
    run = feed(place)
    # The first request fails, so that the pass has to be remembered; the last one fails, too.
    for skip in (0, 6):
        place.archive.faults.add("POST", CHANGES, kinds.html(), times=3, skip=skip)
    following = asyncio.create_task(run.follow(place.progress, "0", 0.05))
    await until(lambda: place.progress_text().count("failed 3 times in a row") == 2)
    asked = len(place.asked(CHANGES))
    await until(lambda: len(place.asked(CHANGES)) > asked + 2)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert run.noted.tally == Tally(already=6)


async def test_rows_that_were_held_are_noted_in_spite_of_a_pass(
    place: Place, database_url: str
) -> None:
    await begun(place)
    under_audit(place, RELEASE, "clean", LATE)
    change(place, f"mbid-{RELEASE}")
    with psycopg.connect(database_url) as other:
        other.execute(
            "SELECT FROM artwork_indexer.audit_entity WHERE gid = %s FOR UPDATE", [RELEASE]
        )
        for since in (None, "0", day(place)):
            run = feed(place)
            await asyncio.wait_for(run.catch_up(place.progress, since), 30)
            assert run.noted.held == 1
            assert place.checkpoint(SOURCE)["position"]["later"] == [RELEASE]
    run = feed(place)
    await run.catch_up(place.progress, "0")
    assert (run.noted.hinted, run.noted.held) == (1, 0)
    assert waits(place.entities()[RELEASE]) == SETTLE


async def test_when_a_token_ends_the_day_before_is_read_again(place: Place) -> None:
    """What comes late into the feed may have been changed before the last of what is read."""
    await begun(place)
    place.archive.changes.append((f"mbid-{RELEASE}", place.archive.clock.now() - 86400))
    place.archive.settings.oldest_change = 2
    await feed(place).catch_up(place.progress)
    assert f"Going on with the changes since {day(place, 1)}" in place.progress_text()
    assert waits(place.entities()[RELEASE]) == SETTLE


@pytest.mark.parametrize("since", ["0", "61 days ago"])
async def test_a_pass_whose_token_is_too_old_begins_anew(place: Place, since: str) -> None:
    moment = place.archive.clock.now() - 60 * 86400
    place.archive.changes += [(name, moment) for name in names(1, 2, 3, 4)]
    for number in (1, 2, 3, 4):
        under_audit(place, mbid(number), "clean", LATE)
    place.archive.settings.changes_page = 2
    await stopped(place, "0" if since == "0" else day(place, 61), 2)
    place.archive.settings.changes_page = 10
    place.archive.settings.oldest_change = 3
    run = feed(place)
    await run.catch_up(place.progress)
    hinted = {UNHINTED} if since == "0" else {SETTLE}
    assert run.noted.tally == Tally(already=4)
    assert {waits(row) for row in place.entities().values()} == hinted


async def test_a_dry_run_of_a_pass_keeps_nothing(place: Place) -> None:
    change(place, f"mbid-{RELEASE}")
    run = feed(place, is_dry=True)
    await run.catch_up(place.progress, "0")
    assert run.noted.tally == Tally(inserted=1)
    assert place.entities() == {}
    assert not place.rows.execute("SELECT FROM artwork_indexer.audit_seeding").fetchall()


async def test_an_empty_answer_on_the_way_is_not_the_end_of_a_pass(place: Place) -> None:
    place.archive.settings.changes_page = 1
    change(place, f"mbid-{RELEASE}", f"mbid-{EVENT}")
    empty = kinds.edit_json({"changes": [], "estimated_distance_from_head": 1})
    # The first answer is about what changes from now on.
    rule = place.archive.faults.add("POST", CHANGES, empty, times=1, skip=1)
    assert await feed(place).catch_up(place.progress, day(place))
    assert rule.hits == 1
    assert set(place.entities()) == {EVENT}


async def test_names_may_stand_alone(place: Place) -> None:
    await begun(place)
    alone = kinds.edit_json({"changes": [f"mbid-{RELEASE}", {"x": 1}, 7]})
    place.archive.faults.add("POST", CHANGES, alone, times=1)
    await feed(place).catch_up(place.progress)
    assert set(place.entities()) == {RELEASE}


async def test_a_follower_waits_for_the_end_of_a_failover(place: Place) -> None:
    await begun(place)
    mode = f"ALTER DATABASE {place.rows.info.dbname} SET default_transaction_read_only"
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'test' AND pid <> pg_backend_pid()"
    )
    place.rows.execute(f"{mode} = on".encode())
    place.rows.execute(cut)
    change(place, f"mbid-{RELEASE}")
    following = asyncio.create_task(feed(place).follow(place.progress, None, 0.05))
    await until(
        lambda: (
            "is read-only: point [database] at the primary. The next try" in place.progress_text()
        )
    )
    place.rows.execute("SET default_transaction_read_only = off")
    place.rows.execute(f"{mode} = off".encode())
    place.rows.execute(cut)
    await until(lambda: RELEASE in place.entities())
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following


async def test_an_empty_answer_that_leads_nowhere_is_the_end(place: Place) -> None:
    await begun(place)
    token = place.checkpoint(SOURCE)["position"]["token"]
    nowhere = {"changes": [], "estimated_distance_from_head": 3, "next_token": token}
    place.archive.faults.add("POST", CHANGES, kinds.edit_json(nowhere), times=None)
    place.archive.journal.clear()
    await feed(place).catch_up(place.progress)
    assert len(place.asked(CHANGES)) == 1
