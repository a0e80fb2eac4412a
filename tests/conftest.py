"""A real PostgreSQL for every test: one server a session, one database a test."""

from __future__ import annotations

import itertools
import os
import signal
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.postgres import Server, running
from artwork_indexer.sandbox.schema import musicbrainz_schema
from tests.ports import held_port

# The same examples in every run: what a test proves does not depend on luck or on the load of
# the machine. ``make explore`` looks for others.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "exploring", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

# Programs that a test starts hear SIGINT, also when a shell runs the tests in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)

_numbers = itertools.count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let what a test logged travel between processes, half characters too."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


@pytest.fixture
def unused_tcp_port() -> Iterator[int]:
    """A port of 127.0.0.1 that nobody else is given; it refuses until the test listens there.

    The fixture of pytest-asyncio of that name gives a port that was free a moment ago.
    """
    with held_port() as port:
        yield port


@pytest.fixture
def unused_tcp_port_factory() -> Iterator[Callable[[], int]]:
    """Gives such ports, each until the test has ended."""
    with ExitStack() as held:
        yield lambda: held.enter_context(held_port())


@pytest.fixture
def unknown_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows a host below .invalid, and nobody has to be asked."""
    look_up = socket.getaddrinfo

    def getaddrinfo(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
        if isinstance(host, str) and host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture
def patient_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is there is waited for, however long the machine stands still."""
    for limit in (
        "database.CHECKOUT_SECONDS",
        "observability.health.CHECK_SECONDS",
        "observability.metrics.QUERY_SECONDS",
    ):
        monkeypatch.setattr(f"artwork_indexer.{limit}", 60.0)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this test session."""
    with running() as server:
        if not os.environ.get("EXTERNAL_POSTGRES_DSN"):
            _stop_vacuuming(server)
        yield server


def _stop_vacuuming(server: Server) -> None:
    """Let statistics and dead rows change only when a test says so."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def new_database(postgres: Server) -> Iterator[Callable[[str | None], str]]:
    """Make a database, optionally as a copy of a template; it goes when the test has ended."""
    names = []

    def create(template: str | None = None) -> str:
        names.append(f"test_{os.getpid()}_{next(_numbers)}")
        return postgres.create_database(names[-1], template=template)

    yield create
    for name in names:
        postgres.drop_database(name)


@pytest.fixture(scope="session")
def musicbrainz_template(postgres: Server) -> str:
    """Name of a database that holds the MusicBrainz slice."""
    name = f"template_musicbrainz_{os.getpid()}"
    with psycopg.connect(postgres.create_database(name), autocommit=True) as connection:
        connection.execute(musicbrainz_schema().encode())
    return name


@pytest.fixture(scope="session")
def migrated_template(postgres: Server, musicbrainz_template: str) -> str:
    """Name of a database that holds the slice and our schema with all triggers."""
    name = f"template_migrated_{os.getpid()}"
    migrate_database(postgres.create_database(name, template=musicbrainz_template))
    return name


@pytest.fixture
def bare_database_url(new_database: Callable[[str | None], str]) -> str:
    """An empty database."""
    return new_database(None)


@pytest.fixture
def musicbrainz_url(new_database: Callable[[str | None], str], musicbrainz_template: str) -> str:
    """A database with the MusicBrainz slice and nothing of ours."""
    return new_database(musicbrainz_template)


@pytest.fixture
def database_url(
    new_database: Callable[[str | None], str], migrated_template: str, patient_database: None
) -> str:
    """A database with the MusicBrainz slice and our schema."""
    del patient_database
    return new_database(migrated_template)
