"""The pages of the daemon as a prober sees them, over real HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiohttp
import psycopg
import pytest

from artwork_indexer.database import Database
from artwork_indexer.observability.health import (
    PROGRESS_SECONDS,
    Health,
    StatusServer,
    schema_problem,
)
from artwork_indexer.observability.metrics import Metrics

LOCAL = "127.0.0.1"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Pages:
    health: Health
    server: StatusServer
    clock: Clock
    port: int
    session: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, list[str]]:
        async with self.session.get(f"http://{LOCAL}:{self.port}{path}") as response:
            assert response.content_type == "application/json"
            body = await response.json()
            assert (body["status"] == "ok") is (response.status == 200)
            return response.status, body["reasons"]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, size=1, prepared=False, name="health") as opened:
        yield opened


@pytest.fixture
async def pages(database: Database) -> AsyncIterator[Pages]:
    clock = Clock()
    health = Health(lambda: schema_problem(database), clock=clock)
    server = StatusServer(health, Metrics(lambda: database).page)
    port = await server.serve(LOCAL, 0)
    assert port is not None
    async with aiohttp.ClientSession() as session:
        yield Pages(health, server, clock, port, session)
    await server.close()


async def test_ready_once_started(pages: Pages) -> None:
    assert await pages.get("/health/ready") == (503, ["not started yet"])
    pages.health.started()
    assert await pages.get("/health/ready") == (200, [])


async def test_not_ready_while_stopping(pages: Pages) -> None:
    pages.health.started()
    pages.health.stopping()
    assert await pages.get("/health/ready") == (503, ["stopping"])


async def test_alive_as_long_as_the_loop_turns(pages: Pages) -> None:
    pages.health.started()
    pages.clock.now += PROGRESS_SECONDS
    status, reasons = await pages.get("/health/live")
    assert (status, reasons) == (503, ["the loop has made no progress for 60 seconds"])
    assert (await pages.get("/health/ready"))[0] == 503
    pages.health.progressed()
    assert await pages.get("/health/live") == (200, [])


async def test_alive_while_the_last_events_are_finished(pages: Pages) -> None:
    pages.health.started()
    pages.health.stopping()
    # The loop has ended by now; an event in hand may take longer than any turn of it.
    pages.clock.now += 2 * PROGRESS_SECONDS
    assert await pages.get("/health/live") == (200, [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DROP SCHEMA artwork_indexer CASCADE", "is missing: run artwork-indexer migrate"),
        (
            "DELETE FROM artwork_indexer.schema_migration WHERE version = 2",
            "older than this program: run artwork-indexer migrate",
        ),
        (
            "INSERT INTO artwork_indexer.schema_migration VALUES (9999, '9999_later', 'x')",
            "newer than this program: install a newer artwork-indexer",
        ),
    ],
)
async def test_not_ready_on_another_schema(
    pages: Pages, database_url: str, change: str, reason: str
) -> None:
    pages.health.started()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(change.encode())
    status, (told,) = await pages.get("/health/ready")
    assert status == 503
    assert reason in told
    assert (await pages.get("/health/live"))[0] == 200


async def test_not_ready_without_a_database(pages: Pages, database: Database) -> None:
    pages.health.started()
    await database.__aexit__(None, None, None)
    assert await pages.get("/health/ready") == (503, ["the database does not answer"])
    assert (await pages.get("/health/live"))[0] == 200


async def test_metrics_are_served_as_prometheus_reads_them(pages: Pages) -> None:
    async with pages.session.get(f"http://{LOCAL}:{pages.port}/metrics") as response:
        text = await response.text()
    assert response.status == 200
    assert response.content_type == "text/plain"
    assert "artwork_indexer_build_info" in text


async def test_taken_port_costs_one_warning_and_only_the_pages(
    pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    second = StatusServer(pages.health, Metrics(lambda: None).page)
    with caplog.at_level(logging.WARNING, "artwork_indexer"):
        assert await second.serve(LOCAL, pages.port) is None
    (record,) = caplog.records
    assert str(pages.port) in record.getMessage()
    assert "[metrics]" in record.getMessage()
    assert (await pages.get("/health/live"))[0] == 200


async def test_taken_port_is_told_once(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    second = StatusServer(pages.health, Metrics(lambda: None).page)
    with caplog.at_level(logging.WARNING, "artwork_indexer"):
        await second.serve(LOCAL, pages.port)
        await second.serve(LOCAL, pages.port)
    assert len(caplog.records) == 1


async def test_no_port_no_server(pages: Pages) -> None:
    server = StatusServer(pages.health, Metrics(lambda: None).page)
    assert await server.serve(LOCAL, None) is None


async def test_pages_move_when_the_configuration_says_so(
    pages: Pages, unused_tcp_port_factory: Callable[[], int]
) -> None:
    former, port = unused_tcp_port_factory(), unused_tcp_port_factory()
    for place in (former, port):
        assert await pages.server.serve(LOCAL, place) == place
        pages.port = place
        assert (await pages.get("/health/live"))[0] == 200
    pages.port = former
    with pytest.raises(aiohttp.ClientConnectorError):
        await pages.get("/health/live")
