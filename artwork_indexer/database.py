"""A bounded pool of PostgreSQL connections, and the named queries of ``sql/queries``.

No call leaves session state behind but the isolation level that is PostgreSQL's own default,
so everything works behind pgbouncer in transaction mode; time limits are therefore kept on
this side and not by ``statement_timeout``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, LiteralString, Self

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from artwork_indexer.errors import Unreachable

# The pool tells of every failed attempt; whoever calls tells of the outage, once.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]

CHECKOUT_SECONDS: Final = 5.0
"""How long a caller waits for a free connection, and the pool tries to make one."""
CALL_SECONDS: Final = 30.0
"""How long one statement, or one short transaction, may take."""
CLOSE_SECONDS: Final = 0.5
"""How long the end waits for a connection that is just being made, perhaps in vain."""

TRUSTED_SECONDS: Final = 1.0
"""A connection that worked so recently is handed out again without asking it."""


def sql_directory() -> Path:
    """Where the SQL files are: in the checkout, or carried by the wheel."""
    packaged = Path(__file__).parent / "_data" / "sql"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "sql"


@cache
def query(name: str) -> LiteralString:
    """Text of ``sql/queries/<name>.sql``; it is part of the program, hence literal."""
    return (sql_directory() / "queries" / f"{name}.sql").read_text("utf-8")


class PooledConnection(psycopg.AsyncConnection[Row]):
    """A connection that knows when it was last given back, by time.monotonic()."""

    returned_at = float("-inf")


async def note_return(connection: PooledConnection) -> None:
    """Remember that the connection worked until now."""
    connection.returned_at = time.monotonic()


async def check_unless_trusted(connection: PooledConnection) -> None:
    """Make sure that a connection still works, unless it did a moment ago.

    Raises:
        psycopg.OperationalError: it does not; the pool makes another one.
    """
    if time.monotonic() - connection.returned_at > TRUSTED_SECONDS:
        await AsyncConnectionPool.check_connection(connection)


async def configure(connection: PooledConnection) -> None:
    """Whatever the default of the role: a second look has to see what others committed.

    The level of psycopg is that of explicit transactions only.
    """
    await connection.set_isolation_level(IsolationLevel.READ_COMMITTED)
    await connection.execute(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"
    )


class Database:
    """Short statements and transactions on pooled connections.

    ``prepared`` allows server-side prepared statements; leave it off behind a pooler in
    transaction mode. Every method raises :class:`Unreachable` when no connection can be had.
    """

    def __init__(self, conninfo: str, *, size: int, prepared: bool, name: str) -> None:
        self._pool: AsyncConnectionPool[PooledConnection] = AsyncConnectionPool(
            conninfo,
            connection_class=PooledConnection,
            kwargs={
                "row_factory": dict_row,
                "autocommit": True,
                "prepare_threshold": 5 if prepared else None,
                "application_name": name,
            },
            min_size=0,
            max_size=size,
            max_idle=600,
            timeout=CHECKOUT_SECONDS,
            # By default the pool goes on for minutes, at growing distances, and is late
            # to notice that the server is back.
            reconnect_timeout=CHECKOUT_SECONDS,
            configure=configure,
            check=check_unless_trusted,
            reset=note_return,
            name=name,
            open=False,
        )

    async def __aenter__(self) -> Self:
        await self._pool.open(wait=False)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._pool.close(timeout=CLOSE_SECONDS)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection in autocommit mode, for at most :data:`CALL_SECONDS`."""
        try:
            async with asyncio.timeout(CALL_SECONDS), self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, PoolClosed, TimeoutError) as error:
            raise Unreachable(
                f"The database does not answer: {str(error) or 'time limit'}."
            ) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one short transaction."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def fetch(self, statement: LiteralString, **parameters: object) -> list[Row]:
        """Run one statement and return its rows."""
        async with self.connection() as connection:
            return await (await connection.execute(statement, parameters)).fetchall()

    async def fetch_one(self, statement: LiteralString, **parameters: object) -> Row | None:
        """Run one statement and return its first row, if there is one."""
        async with self.connection() as connection:
            return await (await connection.execute(statement, parameters)).fetchone()

    async def execute(self, statement: LiteralString, **parameters: object) -> int:
        """Run one statement and return how many rows it touched."""
        async with self.connection() as connection:
            return (await connection.execute(statement, parameters)).rowcount


def one_value(row: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 (the type is the query's)
    """The only column of a row that must exist."""
    if row is None:
        raise LookupError("the query returned no row")
    (value,) = row.values()
    return value


def place(conninfo: str) -> str:
    """Which database that is, for the log; nothing secret."""
    parameters = conninfo_to_dict(conninfo)
    name = parameters.get("dbname", "the default database")
    host = parameters.get("host") or "the local socket"
    port = parameters.get("port")
    return f"database {name} at {host}{f':{port}' if port else ''}"
