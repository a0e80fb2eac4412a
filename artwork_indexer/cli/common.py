"""What all commands share: the option ``--config``, and database access from the command line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from artwork_indexer.config import Config, load
from artwork_indexer.database import Database
from artwork_indexer.migrations import connect

INTERRUPTED: Final = 130
T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(slots=True)
class Session:
    """What was said before the command; a later ``--config`` wins."""

    config_path: Path | None = None


def _note_config(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Session).config_path = value


def config_option(command: Command) -> Command:
    """Add ``--config``, which may stand before or after the name of the command."""
    return click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        expose_value=False,
        callback=_note_config,
        help="Configuration file [default: config.ini, then config.default.ini].",
    )(command)


def config_path() -> Path | None:
    """The file that ``--config`` named, if it did."""
    return click.get_current_context().ensure_object(Session).config_path


def load_config() -> Config:
    """The configuration of this command; oddities are told on standard error.

    Raises:
        ConfigurationError: as :func:`artwork_indexer.config.load`.
    """
    config = load(config_path(), os.environ)
    for warning in config.warnings:
        click.echo(f"warning: {warning}", err=True)
    return config


def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """Run one piece of work on the configured database and return its result."""
    config = load_config()
    # The pool would only say, after some seconds, that it got no connection.
    connect(config.database.conninfo()).close()

    async def run() -> T:
        database = Database(
            config.database.conninfo(), size=2, prepared=False, name="artwork-indexer cli"
        )
        async with database:
            return await work(database)

    return asyncio.run(run())
