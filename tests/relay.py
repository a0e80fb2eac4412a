"""A relay in front of PostgreSQL that a test can break in several ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.ports import LOOPBACK, held_port


class Relay:
    """Listens on a loopback port and passes everything on to the server of ``conninfo``."""

    def __init__(self, conninfo: str, port: int) -> None:
        self._conninfo = conninfo
        self._server: asyncio.Server | None = None
        self._port = port
        self._cuts = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.connections = 0

    @property
    def conninfo(self) -> str:
        """The same database through the relay."""
        return make_conninfo(self._conninfo, host=LOOPBACK, port=str(self._port))

    async def start(self) -> None:
        """Accept connections; after :meth:`stop` on the same port as before."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self._port)

    async def stop(self) -> None:
        """Refuse new connections and cut the ones there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.cut()

    async def cut(self) -> None:
        """Cut the connections there are, and those that are being made."""
        self._cuts += 1
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def swallow(self) -> None:
        """Keep all connections open but pass nothing on, as a dead peer behind a firewall."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass everything on again."""
        self._flows.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        parameters = conninfo_to_dict(self._conninfo)
        path = f"{parameters['host']}/.s.PGSQL.{parameters.get('port', 5432)}"
        cuts = self._cuts
        if self._server is None:
            writer.transport.abort()
            return
        with suppress(OSError):
            upstream, downstream = await asyncio.open_unix_connection(path)
            if cuts != self._cuts:
                writer.transport.abort()
                downstream.transport.abort()
                return
            self._writers |= {writer, downstream}
            for pair in ((reader, downstream), (upstream, writer)):
                task = asyncio.create_task(self._pass(*pair))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while data := await source.read(65536):
                    await self._flows.wait()
                    target.write(data)
                    await target.drain()
        finally:
            self._writers.discard(target)
            target.close()


@asynccontextmanager
async def relayed(conninfo: str) -> AsyncIterator[Relay]:
    """A relay for the length of the block."""
    with held_port() as port:
        relay = Relay(conninfo, port)
        await relay.start()
        try:
            yield relay
        finally:
            await relay.stop()
