"""MBIDs as arguments: named one by one, or in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from artwork_indexer.errors import InputError
from artwork_indexer.event_admin import parse_mbid

Command = TypeVar("Command", bound=Callable[..., Any])


def mbid_arguments(command: Command) -> Command:
    """Add the kind of entity, its MBIDs, and ``--file``."""
    for decorate in (
        click.option(
            "--file",
            "path",
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            help="A file with one MBID a line; - is standard input.",
        ),
        click.argument("mbid", nargs=-1),
        click.argument("entity", type=click.Choice(["release", "event"])),
    ):
        command = decorate(command)
    return command


def named(mbid: tuple[str, ...], path: Path | None) -> list[str]:
    """The MBIDs that were named, in canonical form, each once.

    Raises:
        InputError: there is none, one is malformed, or the file cannot be read.
    """
    texts = [*mbid, *(lines_of(path) if path else [])]
    if not texts:
        raise InputError("Name at least one MBID, or a file with --file.")
    return list(dict.fromkeys(parse_mbid(text) for text in texts))


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
