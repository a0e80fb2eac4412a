"""``artwork-indexer sandbox``: local stand-ins for everything the program talks to."""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack

import click

from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.schema import musicbrainz_schema
from artwork_indexer.sandbox.server import config_text, populated, sample_database, serving
from artwork_indexer.sandbox.webservice import WebService


@click.group()
def sandbox() -> None:
    """Local stand-ins for MusicBrainz and the Internet Archive."""


@sandbox.command("musicbrainz-schema")
@click.option(
    "--mirror",
    is_flag=True,
    help="As on a replication mirror: without foreign keys and triggers.",
)
def print_musicbrainz_schema(*, mirror: bool) -> None:
    """Print the SQL of the MusicBrainz tables for an empty database."""
    click.echo(musicbrainz_schema(mirror=mirror), nl=False)


@sandbox.command("serve")
@click.option("--port", default=0, show_default="a free one", help="Port on loopback.")
@click.option(
    "--database",
    metavar="DSN",
    help="MusicBrainz database to serve. Default: an embedded one with a sample world.",
)
@click.option("--empty", is_flag=True, help="Start with an empty archive, not a healthy one.")
@click.option("--delay", default=0.0, help="Seconds until the archive applies a write.")
def serve(port: int, database: str | None, delay: float, *, empty: bool) -> None:
    """Serve the stand-ins of the Internet Archive and of /ws/2 until interrupted."""
    with ExitStack() as stack:
        conninfo = database or stack.enter_context(sample_database())
        asyncio.run(_serve(conninfo, Archive(delay=delay), port, empty=empty))


async def _serve(conninfo: str, archive: Archive, port: int, *, empty: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    items = 0 if empty else await populated(archive, conninfo)
    async with serving(archive, WebService(conninfo), port=port) as base_url:
        click.echo(f"# Serving {items} items at {base_url} until Ctrl-C. A config.ini for it:\n")
        click.echo(config_text(base_url, conninfo))
        await stopped.wait()
