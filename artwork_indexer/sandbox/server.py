"""The stand-ins served together: one loopback address for the archive and ``/ws/2``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import psycopg
from aiohttp import web
from psycopg.conninfo import conninfo_to_dict

from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.internet_archive import DEFAULT_ACCOUNTS, Archive, create_app
from artwork_indexer.sandbox.internet_archive.populate import populate
from artwork_indexer.sandbox.postgres import running
from artwork_indexer.sandbox.schema import musicbrainz_schema
from artwork_indexer.sandbox.webservice import WebService

LOOPBACK: Final = "127.0.0.1"
SHUTDOWN_SECONDS: Final = 1.0


@asynccontextmanager
async def serving(
    archive: Archive, webservice: WebService | None = None, *, port: int = 0
) -> AsyncIterator[str]:
    """Serve on loopback for the length of the block; gives the base URL, without a slash.

    Port 0 takes a free one. Without a web service ``/ws/2`` answers 503.
    """
    runner = web.AppRunner(
        create_app(archive, webservice.add_to if webservice else _no_webservice),
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        archive.faults.clear()
        await runner.cleanup()


def _no_webservice(app: web.Application) -> None:
    async def unavailable(_request: web.Request) -> web.Response:
        return web.Response(status=503, text="This sandbox has no MusicBrainz web service.\n")

    app.router.add_route("*", "/ws/2/{path:.*}", unavailable)


def config_text(base_url: str, conninfo: str) -> str:
    """Return a complete config.ini for the stand-ins and one database, without any limits."""
    database = "\n".join(f"{key} = {value}" for key, value in conninfo_to_dict(conninfo).items())
    caa, eaa = DEFAULT_ACCOUNTS
    return f"""\
[musicbrainz]
url = {base_url}
requests_per_second =

[database]
{database}

[s3]
url = {base_url}/s3/{{bucket}}/{{file}}
caa_access = {caa.access}
caa_secret = {caa.secret}
eaa_access = {eaa.access}
eaa_secret = {eaa.secret}
requests_per_second =

[archive]
metadata_url = {base_url}/metadata/{{item}}
download_url = {base_url}/download/{{item}}/{{file}}
details_url = {base_url}/details/{{item}}
search_url = {base_url}/services/search/v1/scrape
changes_url = {base_url}/changes/v1
tasks_url = {base_url}/services/tasks.php
requests_per_second =
concurrency = 8
"""


@contextmanager
def sample_database() -> Iterator[str]:
    """Run an embedded PostgreSQL with the sample world; gives its connection string.

    Raises Refused when the ``sandbox`` extra is not installed.
    """
    with running() as server:
        conninfo = server.create_database("artwork_indexer_sandbox")
        try:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute(musicbrainz_schema().encode())
            asyncio.run(_fill(conninfo))
            yield conninfo
        finally:
            server.drop_database("artwork_indexer_sandbox")


async def _fill(conninfo: str) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await world.build(connection)


async def populated(archive: Archive, conninfo: str) -> int:
    """Fill the archive from a database; return the number of items."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        return await populate(archive, connection)
