"""Figures for Prometheus, read from the page as a scraper reads them, on a real queue."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest
from prometheus_client.parser import text_string_to_metric_families

from artwork_indexer import __version__
from artwork_indexer.database import Database, Row, query
from artwork_indexer.event_queue import Action, Event
from artwork_indexer.observability.metrics import CACHE_SECONDS, Metrics
from tests.queue_fixtures import GIDS, Rows

pytest_plugins = ["tests.queue_plugin"]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def key(name: str, **labels: str) -> tuple[str, ...]:
    """A figure by its name and the values of its labels, in the order of their names."""
    return (name, *(labels[label] for label in sorted(labels)))


class Scraper:
    """Reads the page as Prometheus does."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.text = ""

    async def scrape(self) -> dict[tuple[str, ...], float]:
        self.text = (await self._metrics.page()).decode()
        return {
            key(sample.name.removeprefix("artwork_indexer_"), **sample.labels): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        }


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, size=2, prepared=False, name="metrics") as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(database: Database, clock: Clock) -> Metrics:
    return Metrics(lambda: database, clock=clock)


def event(action: Action = Action.INDEX, **fields: Any) -> Event:
    fields = {"created": datetime.now(UTC), "message": {"gid": GIDS[0]}, **fields}
    return Event(id=1, entity_type="release", action=action, **fields)


async def test_unfinished_and_failed_events_are_counted(metrics: Metrics, rows: Rows) -> None:
    rows.index(GIDS[0])
    rows.index(GIDS[1], state="failed")
    rows.index(GIDS[2], state="failed", entity_type="event")
    rows.index(GIDS[3], state="completed")
    figures = await Scraper(metrics).scrape()
    queue = {place: value for place, value in figures.items() if place[0] == "queue_events"}
    assert {place: value for place, value in queue.items() if value} == {
        key("queue_events", state="queued", entity_type="release"): 1,
        key("queue_events", state="failed", entity_type="release"): 1,
        key("queue_events", state="failed", entity_type="event"): 1,
    }
    # What is not there is zero and not absent, so that an alert sees it come and go.
    assert len(queue) == 6


async def test_oldest_ready_event_has_its_age(metrics: Metrics, rows: Rows) -> None:
    twenty_minutes_ago = datetime.now(UTC) - timedelta(minutes=20)
    rows.index(GIDS[0], created=twenty_minutes_ago, run_after=twenty_minutes_ago)
    rows.index(
        GIDS[1],
        created=datetime.now(UTC) - timedelta(days=2),
        run_after=datetime.now(UTC) + timedelta(hours=1),
    )
    figures = await Scraper(metrics).scrape()
    assert 1200 <= figures["oldest_ready_event_seconds",] < 1260


async def test_no_ready_event_is_age_zero(metrics: Metrics) -> None:
    assert (await Scraper(metrics).scrape())["oldest_ready_event_seconds",] == 0


async def test_paused_service_shows_until_the_pause_ends(
    metrics: Metrics, clock: Clock, rows: Rows
) -> None:
    rows.run(
        "INSERT INTO artwork_indexer.service_pause (service, paused_until, reason)"
        " VALUES ('archive', now() + interval '1 hour', 'x'), ('caa-keys', now(), 'x')"
    )
    scraper = Scraper(metrics)
    figures = await scraper.scrape()
    services = ("archive", "musicbrainz", "caa-keys", "eaa-keys")
    assert [figures["service_paused", service] for service in services] == [1, 0, 0, 0]
    rows.run("DELETE FROM artwork_indexer.service_pause")
    clock.now += CACHE_SECONDS
    figures = await scraper.scrape()
    assert figures["service_paused", "archive"] == 0


async def test_queue_is_asked_at_most_every_fifteen_seconds(
    metrics: Metrics, clock: Clock, rows: Rows
) -> None:
    scraper = Scraper(metrics)
    await scraper.scrape()
    rows.index(GIDS[0])
    clock.now += CACHE_SECONDS - 1
    queued = key("queue_events", state="queued", entity_type="release")
    assert (await scraper.scrape())[queued] == 0
    clock.now += 1
    assert (await scraper.scrape())[queued] == 1


async def test_database_that_is_gone_costs_no_page(bare_database_url: str) -> None:
    async with Database(bare_database_url, size=1, prepared=False, name="metrics") as database:
        metrics = Metrics(lambda: database)
        metrics.event_ended(event(), "completed", 0.1)
        figures = await Scraper(metrics).scrape()
    assert figures["events_total", "index", "completed"] == 1
    assert figures["database_connected",] == 0


async def test_events_are_counted_by_action_and_outcome(metrics: Metrics) -> None:
    metrics.event_ended(event(), "completed", 0.2)
    metrics.event_ended(event(), "completed", 0.2)
    metrics.event_ended(event(Action.DELETE_IMAGE), "failed", 3)
    figures = await Scraper(metrics).scrape()
    assert figures["events_total", "index", "completed"] == 2
    assert figures["events_total", "delete_image", "failed"] == 1


async def test_requests_are_counted_by_service_method_and_status(metrics: Metrics) -> None:
    metrics.http_request("archive", "PUT", "503", 0.2)
    metrics.http_request("archive", "PUT", "TimeoutError", 30)
    figures = await Scraper(metrics).scrape()
    for status in ("503", "TimeoutError"):
        place = key("http_requests_total", service="archive", method="PUT", status=status)
        assert figures[place] == 1


async def test_last_claim_and_version_are_told(metrics: Metrics) -> None:
    scraper = Scraper(metrics)
    assert (await scraper.scrape())["last_claim_timestamp_seconds",] == 0
    before = time.time()
    metrics.claimed([event()])
    figures = await scraper.scrape()
    assert before <= figures["last_claim_timestamp_seconds",] <= time.time()
    assert figures["build_info", __version__] == 1


async def test_no_label_names_an_entity(metrics: Metrics, rows: Rows) -> None:
    rows.index(GIDS[0])
    metrics.claimed([event()])
    metrics.event_ended(event(), "completed", 0.2)
    scraper = Scraper(metrics)
    await scraper.scrape()
    assert GIDS[0] not in scraper.text


class CountingDatabase(Database):
    """Counts the statements it is asked to run."""

    asked = 0

    async def fetch(self, statement: LiteralString, **parameters: object) -> list[Row]:
        self.asked += 1
        return await super().fetch(statement, **parameters)


async def test_scrapes_at_once_share_one_question(database_url: str) -> None:
    async with CountingDatabase(database_url, size=2, prepared=False, name="metrics") as database:
        metrics = Metrics(lambda: database)
        pages = await asyncio.gather(*(metrics.page() for _ in range(20)))
    assert (len(pages), database.asked) == (20, 1)


def test_completed_events_cost_nothing(rows: Rows) -> None:
    rows.run("ALTER TABLE artwork_indexer.event_queue DISABLE TRIGGER USER")
    rows.run(
        "INSERT INTO artwork_indexer.event_queue (state, entity_type, action, message)"
        " SELECT 'completed', 'release', 'noop', '{}' FROM generate_series(1, 100000)"
    )
    rows.run("ALTER TABLE artwork_indexer.event_queue ENABLE TRIGGER USER")
    rows.index(GIDS[0])
    rows.index(GIDS[1], state="failed")
    rows.run("VACUUM ANALYZE artwork_indexer.event_queue")
    (row,) = rows.run(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query('queue_gauges')}")
    plan = row["QUERY PLAN"][0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100, json.dumps(plan)
