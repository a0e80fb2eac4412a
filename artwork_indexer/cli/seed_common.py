"""What the commands that seed the audit share: options, and how a run ends."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from artwork_indexer.cli.common import INTERRUPTED, load_config
from artwork_indexer.cli.output import print_json, print_table
from artwork_indexer.config import DatabaseConfig
from artwork_indexer.database import Database
from artwork_indexer.migrations import connect
from artwork_indexer.projects import BY_ENTITY_TYPE
from audit.seeding.checkpoint import Seeding
from audit.seeding.progress import Tally, duration

Command = TypeVar("Command", bound=Callable[..., Any])

COLUMNS = ("source", "inserted", "already", "skipped", "refused")


def dry_run_option(command: Command) -> Command:
    """Add ``--dry-run``."""
    return click.option(
        "--dry-run", "is_dry", is_flag=True, help="Write nothing; say what would be done."
    )(command)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does, and say that it goes on another time.

    The batch under way is taken back. Also a decorator.

    Raises:
        click.exceptions.Exit: it was stopped.
    """
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped. Run this again: it goes on where it was.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


class Summary:
    """What a command did, for people or as JSON; make it when the work begins."""

    def __init__(self, *, is_dry: bool, as_json: bool) -> None:
        self.is_dry = is_dry
        self._as_json = as_json
        self._begun = time.monotonic()

    def tell(
        self,
        tallies: Mapping[str, Tally],
        *,
        notes: tuple[str, ...] = (),
        more: Mapping[str, object] | None = None,
        is_resumed: bool = False,
    ) -> None:
        """Print the counts of each source, and of all together.

        Args:
            tallies: By the name of the source, in order.
            notes: Sentences that belong to the result.
            more: Further facts for programs.
            is_resumed: Whether the counts are also of runs before this one.
        """
        seconds = time.monotonic() - self._begun
        total = sum(tallies.values(), Tally())
        if self._as_json:
            print_json(
                {
                    "dry_run": self.is_dry,
                    "seconds": round(seconds, 3),
                    **total.as_json(),
                    "sources": {name: tally.as_json() for name, tally in tallies.items()},
                    "notes": list(notes),
                    **(more or {}),
                }
            )
            return
        named = {**tallies, "together": total} if len(tallies) > 1 else tallies
        rows = [{"source": name, **tally.as_json()} for name, tally in named.items()]
        print_table(rows, COLUMNS, empty="Nothing was done.")
        for note in notes:
            click.echo(note)
        if self.is_dry:
            click.echo("Dry run: nothing was written.")
        last = ", the last of them" if is_resumed else ""
        click.echo(f"{total.total:,} entries{last} in {duration(seconds)}.")


def entity_option(command: Command) -> Command:
    """Add ``--entity``."""
    return click.option(
        "--entity",
        "entity_type",
        type=click.Choice(list(BY_ENTITY_TYPE)),
        help="Only this archive.",
    )(command)


def from_start_option(command: Command) -> Command:
    """Add ``--from-start``."""
    return click.option(
        "--from-start", is_flag=True, help="Read everything again, not only what is new."
    )(command)


Work = Callable[[Database, Seeding, str], Awaitable[None]]
"""Gets MusicBrainz's database, an open source, and the type of entity."""


def seed_from_musicbrainz(
    work: Work,
    source_of: Callable[[str], str],
    entity_type: str | None,
    summary: Summary,
    *,
    from_start: bool,
) -> None:
    """Seed from MusicBrainz's tables, one type after the other, and print what was done."""
    types = [entity_type] if entity_type else list(BY_ENTITY_TYPE)
    config = load_config()
    primary, source = config.database, config.database_readonly or config.database
    for section in (primary, source):
        # The pool would only say, after some seconds, that it got no connection.
        connect(section.conninfo()).close()

    async def run() -> dict[str, Tally]:
        tallies = {}
        async with _open(primary) as database, _open(source) as reader:
            for name in types:
                seeding = await Seeding.open(database, source_of(name), dry=summary.is_dry)
                if from_start:
                    seeding.position = {}
                await work(reader, seeding, name)
                tallies[source_of(name)] = seeding.tally
        return tallies

    summary.tell(asyncio.run(run()))


def _open(section: DatabaseConfig) -> Database:
    return Database(section.conninfo(), size=2, prepared=False, name="artwork-indexer seed")
