"""Wake-ups by NOTIFY, on a connection of its own.

psycopg's ``notifies()`` generator wakes the process ten times a second; here the event loop
watches the socket instead, so that waiting costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from artwork_indexer.database import Database
from artwork_indexer.database_trouble import Backoff, summary
from artwork_indexer.errors import Unreachable

log = logging.getLogger(__name__)

CHANNEL: Final = "artwork_indexer"
PROBE_SECONDS: Final = 60.0
"""How often the connection is asked whether it still lives."""
ANSWER_SECONDS: Final = 5.0
"""How long the answer to a probe, or closing a dead connection, may take."""
PROOF_SECONDS: Final = 2.0
"""How long our own notification is waited for before the connection is asked for it."""
KEEPALIVE: Final = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "connect_timeout": 10,
}


class NotificationsBlocked(Exception):
    """A pooler stands between us and the server, and keeps the notifications."""


class Listener:
    """Calls ``wake`` for every notification, and once after each (re)connection.

    With ``prove`` the listener first makes sure that notifications arrive at all and
    otherwise ends with :class:`NotificationsBlocked`.
    """

    def __init__(
        self,
        conninfo: str,
        database: Database,
        *,
        prove: bool,
        wake: Callable[[], None],
        changed: Callable[[bool], None],
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        self._parameters: dict[str, Any] = {**KEEPALIVE, **conninfo_to_dict(conninfo)}
        self._database = database
        self._prove = prove
        self._wake = wake
        self._changed = changed
        self._probe_seconds = probe_seconds
        self._nonce = ""
        self._proof = asyncio.Event()
        self._broken = asyncio.Event()
        self._watched: int | None = None
        self._is_active: bool | None = None

    async def run(self) -> None:
        """Listen until cancelled, reconnecting as often as it takes."""
        backoff = Backoff()
        while True:
            try:
                await self._session(backoff)
            except (TimeoutError, psycopg.Error, Unreachable) as error:
                self._lost(error)
            await asyncio.sleep(backoff.next())

    async def _session(self, backoff: Backoff) -> None:
        async with asyncio.timeout(2 * ANSWER_SECONDS):
            connection = await self._connect()
        try:
            await self._begin(connection)
            backoff.reset()
            await self._listen(connection)
        finally:
            self._unwatch()
            await close(connection)

    def _lost(self, error: Exception) -> None:
        if self._is_active is not False:
            log.warning(
                "not listening, reconnecting: %s", summary(error), extra={"action": "not_listening"}
            )
        self._set_active(False)

    def _set_active(self, active: bool) -> None:
        self._is_active = active
        self._changed(active)

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            **self._parameters,
            autocommit=True,
            prepare_threshold=None,
        )

    async def _begin(self, connection: psycopg.AsyncConnection) -> None:
        self._broken.clear()
        connection.add_notify_handler(self._notified)
        async with asyncio.timeout(ANSWER_SECONDS):
            if self._prove:
                await refuse_pooler(connection)
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        self._watch(connection)
        if self._prove:
            await self._prove_arrival(connection)
        log.info("listening for new events", extra={"action": "listening"})
        self._set_active(True)
        # Whatever was committed while nobody listened has told nobody.
        self._wake()

    async def _listen(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._probe_seconds):
                    await self._broken.wait()
                    raise psycopg.OperationalError("the listening connection was closed")
            await self._ask(connection)

    async def _ask(self, connection: psycopg.AsyncConnection) -> None:
        """Make sure that the connection lives; brings the notifications that wait for us."""
        # psycopg watches the socket by itself while a statement runs.
        self._unwatch()
        async with asyncio.timeout(ANSWER_SECONDS):
            await connection.execute("SELECT 1")
        self._watch(connection)

    async def _prove_arrival(self, connection: psycopg.AsyncConnection) -> None:
        self._nonce = secrets.token_hex(8)
        self._proof.clear()
        await self._database.execute(
            "SELECT pg_notify(%(channel)s, %(nonce)s)", channel=CHANNEL, nonce=self._nonce
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(PROOF_SECONDS):
                await self._proof.wait()
        if not self._proof.is_set():
            # A connection that broke meanwhile proves nothing, nor does a machine that stood
            # still: the server sends what it was told of before it answers.
            await self._ask(connection)
        if not self._proof.is_set():
            raise NotificationsBlocked

    def _watch(self, connection: psycopg.AsyncConnection) -> None:
        self._watched = connection.fileno()
        asyncio.get_running_loop().add_reader(self._watched, self._readable, connection)

    def _unwatch(self) -> None:
        # By number: a connection that broke has already forgotten its socket.
        if self._watched is not None:
            asyncio.get_running_loop().remove_reader(self._watched)
            self._watched = None

    def _readable(self, connection: psycopg.AsyncConnection) -> None:
        try:
            connection.pgconn.consume_input()
            while notification := connection.pgconn.notifies():
                self._arrived(notification.extra.decode("utf-8", "replace"))
        except psycopg.Error:
            self._unwatch()
            self._broken.set()

    def _notified(self, notification: psycopg.Notify) -> None:
        self._arrived(notification.payload)

    def _arrived(self, payload: str) -> None:
        if payload and payload == self._nonce:
            self._proof.set()
        else:
            self._wake()


async def refuse_pooler(connection: psycopg.AsyncConnection) -> None:
    """Raise :class:`NotificationsBlocked` when another program answers for the server.

    pgbouncer invents a process number of its own for every client. Asking first leaves no
    LISTEN behind on a server connection that other programs will use.
    """
    cursor = await connection.execute("SELECT pg_backend_pid()")
    row = await cursor.fetchone()
    if row is None or row[0] != connection.info.backend_pid:
        raise NotificationsBlocked


async def close(connection: psycopg.AsyncConnection) -> None:
    """Close without waiting for a peer that may be gone."""
    with suppress(psycopg.Error, TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            await connection.close()
