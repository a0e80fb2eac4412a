"""What the commands that seed the audit share: options, and how a run ends."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, TypeVar, cast

import click
import psycopg

from artwork_indexer.cli.common import INTERRUPTED, load_config
from artwork_indexer.cli.output import print_json, print_table
from artwork_indexer.config import DatabaseConfig
from artwork_indexer.database import Database
from artwork_indexer.database_sentences import connection_sentence, database_sentence
from artwork_indexer.errors import ArtworkIndexerError, Unreachable
from artwork_indexer.migrations import connect
from artwork_indexer.projects import BY_ENTITY_TYPE
from artwork_indexer.sentences import number_of
from audit.seeding.checkpoint import Seeding
from audit.seeding.item_lists import STANDARD_INPUT
from audit.seeding.progress import Tally, duration
from audit.seeding.walking import NotRead

Command = TypeVar("Command", bound=Callable[..., Any])

RESUMED: Final = "It went on where the run before was stopped; the counts are of this run."
COLUMNS = ("source", "inserted", "already", "skipped", "refused")


def dry_run_option(command: Command) -> Command:
    """Add ``--dry-run``."""
    return click.option(
        "--dry-run", "is_dry", is_flag=True, help="Write nothing; say what would be done."
    )(command)


def stoppable() -> Callable[[Command], Command]:
    """Decorate a command: SIGTERM ends it as Ctrl-C does, and it says what another run will do.

    The batch under way is taken back. What is said depends on the options of the command.

    Raises:
        click.exceptions.Exit: it was stopped.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def stopping(*arguments: object, **options: object) -> object:
            try:
                with _sigterm_as_ctrl_c():
                    return command(*arguments, **options)
            except KeyboardInterrupt:
                click.echo(f"Stopped{_what_next(options)}", err=True)
                raise click.exceptions.Exit(INTERRUPTED) from None

        return cast("Command", stopping)

    return decorate


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does: asyncio knows how to stop for that.

    Shells start what is in the background deaf to Ctrl-C. It stays so: the signal waits.
    """
    is_deaf = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    if is_deaf:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if is_deaf:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _interrupt(*_: object) -> None:
    signal.raise_signal(signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _what_next(options: Mapping[str, object]) -> str:
    """What a person has to know who stopped a command with these options."""
    if options.get("is_dry"):
        return "; nothing was put under audit."
    if options.get("identifiers") == STANDARD_INPUT:
        return ". What was read is under audit: give it the rest, or all of it, again."
    if options.get("from_start"):
        return ". Run this again without --from-start: it goes on where it was."
    return ". Run this again: it goes on where it was."


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
        held: int = 0,
        is_resumed: bool = False,
    ) -> None:
        """Print the counts of each source, and of all together.

        Args:
            tallies: By the name of the source, in order.
            notes: Sentences that belong to the result.
            more: Further facts for programs.
            held: How many entities the next run has to see to, for somebody has their rows.
            is_resumed: Whether the counts are also of runs before this one.
        """
        seconds = time.monotonic() - self._begun
        total = sum(tallies.values(), Tally())
        if held:
            entities = number_of(held, "entity", "entities")
            notes = (*notes, f"In work elsewhere, seen to by the next run: {entities}.")
        if self._as_json:
            print_json(
                {
                    "dry_run": self.is_dry,
                    "seconds": round(seconds, 3),
                    **total.as_json(),
                    "sources": {name: tally.as_json() for name, tally in tallies.items()},
                    "held": held,
                    "notes": list(notes),
                    **(more or {}),
                }
            )
            return
        named = {**tallies, "together": total} if len(tallies) > 1 else tallies
        rows = [{"source": name, **tally.as_json()} for name, tally in named.items()]
        print_table(rows, COLUMNS, empty="Nothing was done.", shorten="source")
        for note in notes:
            click.echo(note)
        if self.is_dry:
            click.echo("Dry run: nothing was put under audit.")
        last = ", the last of them" if is_resumed else ""
        entries = number_of(total.total, "entry", "entries")
        click.echo(f"{entries}{last} in {duration(seconds)}.")


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
    read_from = "database" if config.database_readonly is None else "database_readonly"

    async def run() -> tuple[list[Seeding], Exception | None]:
        async with _open(primary) as database, _open(source) as reader:
            seedings = {name: await _begin(database, source_of(name)) for name in types}
            try:
                for name, seeding in seedings.items():
                    with _naming(read_from):
                        await work(reader, seeding, name)
            except (ArtworkIndexerError, psycopg.Error) as error:
                return list(seedings.values()), error
        return list(seedings.values()), None

    async def _begin(database: Database, source: str) -> Seeding:
        seeding = await Seeding.open(database, source, dry=summary.is_dry)
        if from_start:
            # At once for all of them: a run that is stopped goes on without being told again.
            await seeding.add([], {})
        return seeding

    _connect(primary, "database")
    _connect(source, read_from)
    seedings, failure = asyncio.run(run())
    is_resumed = not from_start and any(one.is_resumed for one in seedings)
    if failure is None or any(one.tally.total for one in seedings):
        summary.tell(
            {one.source: one.tally for one in seedings},
            notes=(RESUMED,) if is_resumed else (),
            held=sum(one.held for one in seedings),
        )
    if failure is not None:
        raise failure


def _connect(section: DatabaseConfig, name: str) -> None:
    """See whether there is a connection; the pool would only say so after some seconds.

    Raises:
        Unreachable: there is none; says which section of the configuration is to be corrected.
    """
    try:
        connect(section.conninfo()).close()
    except Unreachable as error:
        cause = error.__cause__
        if not isinstance(cause, psycopg.OperationalError):
            raise
        raise Unreachable(connection_sentence(cause, name) or str(error)) from None


@contextmanager
def _naming(section: str) -> Iterator[None]:
    """Say of what could not be read which section of the configuration it is about."""
    try:
        yield
    except NotRead as error:
        raise Unreachable(database_sentence(error.cause, section)) from None


def _open(section: DatabaseConfig) -> Database:
    return Database(section.conninfo(), size=2, prepared=False, name="artwork-indexer seed")
