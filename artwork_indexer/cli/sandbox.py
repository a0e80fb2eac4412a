"""``artwork-indexer sandbox``: local stand-ins for everything the program talks to."""

from __future__ import annotations

import click

from artwork_indexer.sandbox.schema import musicbrainz_schema


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
