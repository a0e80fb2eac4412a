"""Seeding from the search of the Internet Archive: pages, cursors, and what it does not name."""

from __future__ import annotations

import asyncio
import base64
import re
from types import SimpleNamespace

import pytest

from artwork_indexer.errors import CredentialsRefused, Overloaded, PermanentError, Unreachable
from artwork_indexer.projects import EAA
from artwork_indexer.sandbox.internet_archive import fault_kinds as kinds
from artwork_indexer.services import ARCHIVE
from audit.seeding import patience
from audit.seeding.archive import with_art
from audit.seeding.progress import Tally
from tests.audit.seeding.archive_fixtures import (
    EVENT,
    MERGED_RELEASE,
    RELEASE,
    SCRAPE,
    STAFF_KEYS,
    UNKNOWN,
    Place,
    mbid,
    names,
)

pytest_plugins = ["tests.audit.seeding.archive_plugin"]

SOURCE = "archive search coverartarchive"
MANY = 250


def fill(place: Place, many: int = MANY) -> None:
    """So many items that MusicBrainz does not know, three pages of them by default."""
    place.archive.listed["coverartarchive"] = names(*range(1, many + 1))


async def test_names_become_entities_with_what_is_known_of_them(place: Place) -> None:
    for known in (RELEASE, MERGED_RELEASE, UNKNOWN, EVENT):
        place.put(f"mbid-{known}")
    for name in ("mbid-123", f"mbid-{UNKNOWN}0", "some-concert", f"MBID-{mbid(7)}"):
        place.put(name)
    place.put(f"mbid-{mbid(8).replace('0', 'a').upper()}")
    place.put(f"mbid-{mbid(9)}", noindex=True)
    seeding, outcome = await place.search().run(place.progress, place.reject)
    found = {
        gid: (row["entity_type"], row["priority"], row["seeded_from"], row["status"])
        for gid, row in place.entities().items()
    }
    assert found == {
        RELEASE: ("release", 120, "archive search", "unchecked"),
        MERGED_RELEASE: ("release", 150, "archive search, merged", "unchecked"),
        UNKNOWN: ("release", 150, "archive search, not in MusicBrainz", "unchecked"),
        mbid(8).replace("0", "a"): (
            "release",
            150,
            "archive search, not in MusicBrainz",
            "unchecked",
        ),
        EVENT: ("event", 120, "archive search", "unchecked"),
    }
    assert set(place.rejected) == {
        (f"MBID-{mbid(7)}", "malformed"),
        ("mbid-123", "malformed"),
        (f"mbid-{UNKNOWN}0", "malformed"),
        ("some-concert", "foreign"),
    }
    assert seeding.tally == Tally(inserted=5, skipped=1, refused=3)
    assert (outcome.named, outcome.promised, outcome.is_short) == (9, 9, False)
    assert outcome.counts["in_other_collection"] == 1


async def test_what_only_one_collection_names_is_of_that_archive(place: Place) -> None:
    place.put(f"mbid-{UNKNOWN}", "eventartarchive")
    await place.search().run(place.progress, place.reject)
    assert place.entities() == {}
    await place.search(EAA).run(place.progress, place.reject)
    assert place.entities()[UNKNOWN]["entity_type"] == "event"


async def test_a_second_pass_finds_all_there_already(place: Place) -> None:
    fill(place)
    first, _ = await place.search().run(place.progress, place.reject)
    second, outcome = await place.search().run(place.progress, place.reject)
    assert (first.tally, second.tally) == (Tally(MANY), Tally(already=MANY))
    assert outcome.named == MANY
    assert len(place.asked(SCRAPE)) == 6
    checkpoint = place.checkpoint(SOURCE)
    assert (checkpoint["inserted"], checkpoint["already"]) == (0, MANY)
    assert checkpoint["finished_at"] is not None


async def test_a_dry_run_writes_nothing(place: Place) -> None:
    fill(place)
    seeding, outcome = await place.search(is_dry=True).run(place.progress, place.reject)
    assert (seeding.tally, outcome.named) == (Tally(MANY), MANY)
    assert place.entities() == {}
    assert not place.rows.execute("SELECT FROM artwork_indexer.audit_seeding").fetchall()


async def test_goes_on_at_its_cursor_after_being_stopped(place: Place) -> None:
    fill(place)
    rule = place.archive.faults.add("GET", SCRAPE, kinds.html(), times=None, skip=2)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert isinstance(outcome.failure, Unreachable)
    assert re.search(r"failed 3 times in a row.*goes on where it was", str(outcome.failure))
    assert (outcome.named, outcome.promised) == (200, MANY)
    assert rule.hits == 3
    assert len(place.entities()) == 200
    place.archive.faults.clear()
    place.archive.journal.clear()
    seeding, outcome = await place.search().run(place.progress, place.reject)
    assert len(place.asked(SCRAPE)) == 1
    assert "cursor=" in place.asked(SCRAPE)[0]
    assert seeding.tally == Tally(50)
    assert (outcome.named, outcome.promised, outcome.is_short) == (MANY, MANY, False)
    assert place.checkpoint(SOURCE)["inserted"] == MANY


async def test_restart_begins_anew(place: Place) -> None:
    fill(place)
    place.archive.faults.add("GET", SCRAPE, kinds.html(), times=None, skip=1)
    _, stopped = await place.search().run(place.progress, place.reject)
    assert isinstance(stopped.failure, Unreachable)
    place.archive.faults.clear()
    seeding, outcome = await place.search().run(place.progress, place.reject, restart=True)
    assert seeding.tally == Tally(150, 100)
    assert outcome.named == MANY


async def test_a_cursor_that_is_too_old_begins_anew(place: Place) -> None:
    fill(place)
    place.archive.settings.cursor_seconds = 60
    place.archive.faults.add("GET", SCRAPE, kinds.html(), times=None, skip=1)
    _, stopped = await place.search().run(place.progress, place.reject)
    assert isinstance(stopped.failure, Unreachable)
    place.archive.faults.clear()
    place.archive.advance(61)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert len(place.entities()) == MANY
    assert (outcome.named, outcome.is_short) == (MANY, False)


async def test_a_search_that_forgets_all_its_cursors_is_given_up(place: Place) -> None:
    fill(place)
    place.archive.settings.cursor_seconds = -1
    _, outcome = await place.search().run(place.progress, place.reject)
    assert isinstance(outcome.failure, Unreachable)
    assert re.search(r"forgets its cursors.*--page-size", str(outcome.failure))
    assert len(place.asked(SCRAPE)) == 4
    assert len(place.entities()) == 100


@pytest.mark.parametrize(("cursors", "named"), [("the same", 200), ("always new", 100)])
async def test_a_search_that_repeats_itself_is_stopped(
    place: Place, cursors: str, named: int
) -> None:
    fill(place)
    if cursors == "the same":
        cursor = base64.b64encode(f"0 {names(100)[0]}".encode()).decode()
        edit = kinds.edit_json({"cursor": cursor})
        place.archive.faults.add("GET", SCRAPE, edit, times=None)
    else:
        place.archive.settings.cursors_repeat = True
    _, outcome = await asyncio.wait_for(place.search().run(place.progress, place.reject), 20)
    assert outcome.broken is not None
    assert f"repeats itself: after {named} names" in outcome.broken
    assert len(place.entities()) == named
    # The next run must not go on in the circle.
    place.archive.faults.clear()
    place.archive.settings.cursors_repeat = False
    _, outcome = await place.search().run(place.progress, place.reject)
    assert (outcome.named, outcome.broken) == (MANY, None)


async def test_a_search_that_is_cut_short_says_so(place: Place) -> None:
    fill(place)
    place.archive.settings.search_share = 0.5
    _, outcome = await place.search().run(place.progress, place.reject)
    assert (outcome.named, outcome.promised, outcome.is_short) == (125, MANY, True)
    assert outcome.as_json(None)["cut_short"] is True
    notes = " ".join(outcome.notes(3_757_123))
    assert "named 125 items of about 3,757,123 releases with art" in notes
    assert "said that it has 250: the answers were cut short" in notes
    assert "not complete" in notes


async def test_the_public_search_never_looks_complete(place: Place) -> None:
    fill(place, 3)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert (outcome.named, outcome.is_short) == (3, False)
    assert "not complete: items with noindex" in " ".join(outcome.notes(with_art=1))
    _, outcome = await place.search(scope="all", credentials=STAFF_KEYS).run(
        place.progress, place.reject
    )
    assert "not complete" not in " ".join(outcome.notes(with_art=3))
    assert "with scope all this account does not see all" in " ".join(outcome.notes(with_art=4))


async def test_pages_that_overlap_do_not_look_like_more_names(place: Place) -> None:
    fill(place, 150)
    whole = [{"identifier": name} for name in names(*range(51, 151))]
    edit = kinds.edit_json({"items": whole, "count": 100})
    place.archive.faults.add("GET", SCRAPE, edit, skip=1)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert (outcome.named, outcome.is_short) == (150, False)


async def test_only_a_few_of_what_musicbrainz_has_is_no_error(place: Place) -> None:
    _, outcome = await place.search().run(place.progress, place.reject)
    known = await with_art(place.database)
    assert known == {"release": 1, "event": 0}
    assert not outcome.is_short
    assert "named 0 items of about 1 release with art" in outcome.notes(known["release"])[0]
    assert "not complete" in outcome.notes(known["release"])[1]


async def test_in_a_large_table_statistics_tell_how_much_has_art(place: Place) -> None:
    place.rows.execute("ALTER TABLE musicbrainz.release_meta SET (autovacuum_enabled = off)")
    place.rows.execute("SET session_replication_role = replica")
    place.rows.execute(
        "INSERT INTO musicbrainz.release_meta (id, cover_art_presence)"
        " SELECT n, CASE n % 4 WHEN 0 THEN 'absent' ELSE 'present' END"
        "::musicbrainz.cover_art_presence FROM generate_series(2, 450000) AS n"
    )
    assert (await with_art(place.database))["release"] is None
    place.rows.execute("ANALYZE musicbrainz.release_meta")
    # A sample tells the share, and may tell it exactly: so let this differ from what is there.
    place.rows.execute(
        "UPDATE pg_class SET reltuples = 2 * reltuples"
        " WHERE oid = 'musicbrainz.release_meta'::regclass"
    )
    about = (await with_art(place.database))["release"]
    assert about == pytest.approx(2 * 337_500, rel=0.05)


@pytest.mark.parametrize(
    "fault",
    [
        kinds.html(200),
        kinds.html(200, "application/json"),
        kinds.html(400),
        kinds.html(500),
        kinds.garbage(),
        kinds.garbage("[]"),
        kinds.garbage('{"items": null}'),
        kinds.garbage('{"error": "sharding"}'),
        kinds.edit_json({"count": 99}),
        kinds.truncated(),
    ],
)
async def test_an_answer_that_is_of_no_use_is_asked_for_again(
    place: Place, fault: kinds.Fault
) -> None:
    fill(place)
    place.archive.faults.add("GET", SCRAPE, fault, skip=1)
    seeding, _ = await place.search().run(place.progress, place.reject)
    assert seeding.tally == Tally(MANY)
    assert len(place.told) == 1
    assert "next try is in" in place.told[0]


async def test_too_many_requests_hold_everybody(place: Place) -> None:
    fill(place)
    place.archive.faults.add("GET", SCRAPE, kinds.too_many(retry_after=2), skip=1)
    started = asyncio.get_running_loop().time()
    seeding, _ = await place.search().run(place.progress, place.reject)
    assert seeding.tally == Tally(MANY)
    assert asyncio.get_running_loop().time() - started >= 2
    # What is told is what is left of them.
    assert any(re.match(r".* left alone for [0-2] s: HTTP 429", told) for told in place.told)
    row = place.rows.execute("SELECT * FROM artwork_indexer.service_pause").fetchone()
    assert row is not None
    assert row["service"] == "archive"


async def test_waits_for_a_pause_that_another_process_was_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.rows.execute(
        "INSERT INTO artwork_indexer.service_pause (service, paused_until, reason)"
        " VALUES ('archive', now() + interval '1 hour', 'SlowDown')"
    )
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert place.asked(SCRAPE) == []
        place.rows.execute("UPDATE artwork_indexer.service_pause SET paused_until = now()")

    monkeypatch.setattr(patience, "asyncio", SimpleNamespace(sleep=sleep))
    await place.search().run(place.progress, place.reject)
    assert slept == [pytest.approx(3600, abs=60)]
    assert "SlowDown" in place.told[0]
    assert len(place.asked(SCRAPE)) == 1


async def test_a_dry_run_keeps_its_pauses_to_itself(place: Place) -> None:
    fill(place)
    place.archive.faults.add("GET", SCRAPE, kinds.too_many(retry_after=1), skip=1)
    seeding, _ = await place.search(is_dry=True).run(place.progress, place.reject)
    assert seeding.tally == Tally(MANY)
    assert "HTTP 429" in place.told[0]
    assert place.told[0].endswith(" The next try is in 1 s.")
    assert not place.rows.execute("SELECT FROM artwork_indexer.service_pause").fetchall()


async def test_a_pause_for_a_reason_that_cannot_be_stored_as_it_is(place: Place) -> None:
    answers = iter([Overloaded("Slow\0 \ud800down", service=ARCHIVE, seconds=0.1)])

    async def request() -> str:
        for error in answers:
            raise error
        return "an answer"

    assert await place.patience().ask(request) == "an answer"
    row = place.rows.execute("SELECT reason FROM artwork_indexer.service_pause").fetchone()
    assert row == {"reason": "Slow\ufffd ?down"}


async def test_a_scope_is_sent_with_the_keys_and_is_a_source_of_its_own(place: Place) -> None:
    place.put(f"mbid-{RELEASE}", noindex=True)
    seeding, _ = await place.search(scope="all", credentials=STAFF_KEYS).run(
        place.progress, place.reject
    )
    assert seeding.tally == Tally(1)
    assert place.entities()[RELEASE]["priority"] == 100
    assert place.checkpoint(f"{SOURCE} all")["inserted"] == 1
    assert "scope=all" in place.asked(SCRAPE)[0]


async def test_refused_keys_and_requests_are_not_repeated(place: Place) -> None:
    body = '{"error": "no such scope for staff-secret", "errorType": "x"}'
    place.archive.faults.add("GET", SCRAPE, kinds.status(401, body, "application/json"))
    _, refused = await place.search(credentials=STAFF_KEYS).run(place.progress, place.reject)
    assert isinstance(refused.failure, CredentialsRefused)
    place.archive.faults.add("GET", SCRAPE, kinds.status(400, body, "application/json"))
    _, bad = await place.search(credentials=STAFF_KEYS).run(place.progress, place.reject)
    assert isinstance(bad.failure, PermanentError)
    assert "no such scope" in str(bad.failure)
    assert "staff-secret" not in str(refused.failure) + str(bad.failure) + repr(STAFF_KEYS)
    assert len(place.asked(SCRAPE)) == 2
    # Nobody else has to stop because this account may not search.
    assert not place.rows.execute("SELECT FROM artwork_indexer.service_pause").fetchall()
