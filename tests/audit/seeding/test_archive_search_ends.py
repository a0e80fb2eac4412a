"""How a search ends that does not get to its end, and what a person is told of it."""

from __future__ import annotations

import asyncio
import base64

import pytest

from artwork_indexer.projects import PROJECTS
from artwork_indexer.sandbox.internet_archive import fault_kinds as kinds
from audit.seeding.archive import Distinct, Outcome, begin_anew, source_of
from audit.seeding.progress import Tally
from tests.audit.seeding.archive_fixtures import SCRAPE, Place, names
from tests.queue_fixtures import until

pytest_plugins = ["tests.audit.seeding.archive_plugin"]

CURSOR_IS_GONE = '{"error": "cursor is gone", "errorType": "x"}'


def answer(
    place: Place,
    numbers: range,
    *,
    cursor: str | None = None,
    total: int | None = None,
) -> None:
    """Let the search give this page next, after those that it was told before."""
    page: dict[str, object] = {
        "items": [{"identifier": name} for name in names(*numbers)],
        "count": len(numbers),
        "cursor": cursor,
    }
    if total is not None:
        page["total"] = total
    place.archive.faults.add("GET", SCRAPE, kinds.edit_json(page), times=1)


def a_cursor(number: int) -> str:
    """One that the stand-in takes."""
    return base64.b64encode(f"0 {names(number)[0]}".encode()).decode()


def told(outcome: Outcome) -> str:
    return " ".join(outcome.notes(None))


async def test_names_that_come_again_much_later_do_not_look_like_more(place: Place) -> None:
    place.archive.listed["coverartarchive"] = names(*range(40))
    answer(place, range(20), cursor=a_cursor(1), total=40)
    answer(place, range(20, 30), cursor=a_cursor(2))
    answer(place, range(10))
    seeding, outcome = await place.search().run(place.progress, place.reject)
    assert (outcome.named, outcome.promised, outcome.is_short) == (30, 40, True)
    assert seeding.tally == Tally(inserted=30, already=10)


async def test_cursors_that_take_turns_end_the_search(place: Place) -> None:
    """There is something new on each page, so that the pages do not tell."""
    place.archive.listed["coverartarchive"] = names(*range(40))
    for number in range(8):
        answer(place, range(number, number + 2), cursor=a_cursor(number % 2))
    seeding, outcome = await place.search().run(place.progress, place.reject)
    assert len(place.asked(SCRAPE)) == 3
    assert (outcome.named, seeding.tally.inserted) == (4, 4)
    assert "repeats itself: after 4 names" in told(outcome)
    assert place.checkpoint("archive search coverartarchive")["position"] == {}


def test_names_are_counted_once_each() -> None:
    distinct = Distinct()
    many = names(*range(20_000))
    assert [distinct.new(part) for part in (many, many[::3], [*many, "\ud800", "x"])] == [
        20_000,
        0,
        2,
    ]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (kinds.status(404), "HTTP 404"),
        (kinds.status(403), "HTTP 403"),
        (kinds.redirect("http://elsewhere.example/"), "elsewhere.example"),
    ],
)
async def test_a_refusal_is_told_with_what_helps(
    place: Place, fault: kinds.Fault, why: str
) -> None:
    place.archive.faults.add("GET", SCRAPE, fault)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert len(place.asked(SCRAPE)) == 1
    assert "Cover Art Archive: the search ended early. " in told(outcome)
    assert why in told(outcome)
    assert "Running this again does not help: correct search_url in section [archive]" in told(
        outcome
    )


async def test_only_what_may_be_over_later_is_worth_another_run(place: Place) -> None:
    place.archive.faults.add("GET", SCRAPE, kinds.html(500), times=None)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert "ended early. The Internet Archive failed 3 times in a row" in told(outcome)
    assert told(outcome).endswith("Run this again later; it goes on where it was.")


async def test_a_web_page_at_a_wrong_address_is_told_so(place: Place) -> None:
    place.archive.faults.add("GET", SCRAPE, kinds.html(404), times=None)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert told(outcome).endswith("If it stays so, correct search_url in section [archive].")


async def test_what_is_of_two_runs_is_told(place: Place) -> None:
    place.archive.listed["coverartarchive"] = names(*range(250))
    place.archive.faults.add("GET", SCRAPE, kinds.html(), times=3, skip=2)
    _, stopped = await place.search().run(place.progress, place.reject)
    assert "went on" not in told(stopped)
    seeding, outcome = await place.search().run(place.progress, place.reject)
    assert (outcome.named, seeding.tally.total) == (250, 50)
    assert "that number is of both, all other counts are of this run" in told(outcome)
    assert (outcome.as_json(None)["resumed"], stopped.as_json(None)["resumed"]) == (True, False)


async def test_what_was_counted_before_the_search_begins_anew_does_not_count(place: Place) -> None:
    place.archive.listed["coverartarchive"] = [f"item-{n}" for n in range(100, 400)]
    place.archive.faults.add("GET", SCRAPE, kinds.html(), times=3, skip=1)
    await place.search().run(place.progress, place.reject)
    place.archive.faults.clear()
    refusal = kinds.status(400, CURSOR_IS_GONE, "application/json")
    place.archive.faults.add("GET", SCRAPE, refusal, times=1, skip=1)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert "begins anew" in place.progress_text()
    assert (outcome.named, outcome.promised, outcome.resumed) == (300, 300, False)
    assert outcome.counts["foreign"] == 300
    assert "went on" not in told(outcome)


async def test_beginning_anew_forgets_every_place(place: Place) -> None:
    sources = [source_of(project, None) for project in PROJECTS]
    for project in PROJECTS:
        place.archive.listed[project.collection] = names(*range(250))
        place.archive.faults.add("GET", SCRAPE, kinds.html(), times=3, skip=1)
        await place.search(project).run(place.progress, place.reject)
        place.archive.faults.clear()
    assert all(place.checkpoint(source)["position"]["cursor"] for source in sources)
    await begin_anew(place.database, sources)
    assert [place.checkpoint(source)["position"] for source in sources] == [{}, {}]
    _, outcome = await place.search(PROJECTS[1]).run(place.progress, place.reject)
    assert (outcome.named, outcome.resumed) == (250, False)


async def test_a_reason_without_an_end_gets_one(place: Place) -> None:
    place.archive.listed["coverartarchive"] = names(*range(250))
    fault = kinds.status(400, CURSOR_IS_GONE, "application/json")
    place.archive.faults.add("GET", SCRAPE, fault, times=1, skip=1)
    await place.search().run(place.progress, place.reject)
    assert "cursor is gone. Its cursor is too old" in place.progress_text()


async def test_a_failure_without_an_end_gets_one(place: Place) -> None:
    place.archive.faults.add("GET", SCRAPE, kinds.status(500, "out of order"), times=3)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert place.told[0].endswith("out of order. The next try is in 0 s.")
    assert "out of order. Run this again later" in told(outcome)


async def test_one_thing_is_told_in_the_singular(place: Place) -> None:
    place.archive.listed["coverartarchive"] = names(1)
    _, outcome = await place.search().run(place.progress, place.reject)
    assert "named 1 item of about 1 release with art" in outcome.notes(1)[0]


async def test_what_was_done_before_trouble_with_the_database_is_told(place: Place) -> None:
    place.archive.listed["coverartarchive"] = names(*range(250))
    hang = kinds.Hang()
    rule = place.archive.faults.add("GET", SCRAPE, hang, skip=1)
    searching = asyncio.create_task(place.search().run(place.progress, place.reject))
    await until(lambda: rule.hits == 1 and len(place.entities()) == 100)
    place.rows.execute("DROP TABLE artwork_indexer.audit_seeding")
    hang.release()
    seeding, outcome = await searching
    assert seeding.tally.inserted == 100
    assert "The schema is not there or too old" in told(outcome)
