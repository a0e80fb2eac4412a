"""``artwork-indexer enqueue``: ask for an index by hand."""

from __future__ import annotations

from pathlib import Path

import click

from artwork_indexer import event_admin
from artwork_indexer.cli.common import config_option, with_database
from artwork_indexer.cli.mbids import mbid_arguments, named
from artwork_indexer.cli.output import json_option, print_json


@click.command()
@mbid_arguments
@json_option
@config_option
def enqueue(entity: str, mbid: tuple[str, ...], path: Path | None, *, as_json: bool) -> None:
    """Queue an index of each MBID: its index.json and XML are written anew.

    Nothing is queued unless every MBID is known.
    """
    gids = named(mbid, path)
    rows = with_database(lambda database: event_admin.enqueue_index(database, entity, gids))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state = "queued" if row["inserted"] else "was queued already, pulled forward"
        click.echo(f"Event {row['id']}: index of {entity} {row['gid']} {state}.")
