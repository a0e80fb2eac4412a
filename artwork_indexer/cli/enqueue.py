"""``artwork-indexer enqueue``: ask for an index by hand."""

from __future__ import annotations

from pathlib import Path

import click

from artwork_indexer import event_admin
from artwork_indexer.cli.common import config_option, with_database
from artwork_indexer.cli.output import json_option, print_json
from artwork_indexer.errors import InputError


@click.command()
@click.argument("entity", type=click.Choice(["release", "event"]))
@click.argument("mbid", nargs=-1)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A file with one MBID a line; - is standard input.",
)
@json_option
@config_option
def enqueue(entity: str, mbid: tuple[str, ...], path: Path | None, *, as_json: bool) -> None:
    """Queue an index of each MBID: its index.json and XML are written anew.

    Nothing is queued unless every MBID is known.
    """
    gids = [event_admin.parse_mbid(text) for text in [*mbid, *(lines_of(path) if path else [])]]
    if not gids:
        raise InputError("Name at least one MBID, or a file with --file.")
    rows = with_database(lambda database: event_admin.enqueue_index(database, entity, gids))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state = "queued" if row["inserted"] else "was queued already, pulled forward"
        click.echo(f"Event {row['id']}: index of {entity} {row['gid']} {state}.")


def lines_of(path: Path) -> list[str]:
    """The lines of a file that are neither empty nor comments.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with click.open_file(str(path), encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    return [line for line in lines if line and not line.startswith("#")]
