"""``artwork-indexer audit seed archive``: items that the Internet Archive knows."""

from __future__ import annotations

import asyncio
import math
import os
import re
import signal
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, cast

import click
import psycopg
from click.core import ParameterSource

from artwork_indexer import remotes
from artwork_indexer.archive.changes import EVERYTHING, Changes
from artwork_indexer.archive.search import LARGEST_PAGE, SMALLEST_PAGE, Credentials, Search
from artwork_indexer.cli.common import config_option, load_config
from artwork_indexer.cli.output import json_option
from artwork_indexer.cli.seed_common import Summary, dry_run_option, stoppable
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.errors import (
    ArtworkIndexerError,
    ConfigurationError,
    CredentialsRefused,
    InputError,
    Unreachable,
)
from artwork_indexer.http import Service
from artwork_indexer.migrations import connect
from artwork_indexer.projects import CAA, PROJECTS
from artwork_indexer.sentences import number_of
from artwork_indexer.waiting import first_of
from audit.seeding.archive import CollectionSearch, Outcome, begin_anew, source_of, with_art
from audit.seeding.changes import SOURCE as CHANGES
from audit.seeding.changes import ChangeFeed
from audit.seeding.checkpoint import Seeding
from audit.seeding.item_lists import ItemList
from audit.seeding.patience import Patience
from audit.seeding.progress import Progress
from audit.seeding.rejected import Rejected

BY_COLLECTION: Final = {project.collection: project for project in PROJECTS}
ACCESS, SECRET = "IA_ACCESS_KEY_ID", "IA_SECRET_ACCESS_KEY"
PROBLEMS: Final = 1
FIRST: Final = "From this moment on changes are noted; the next run reads them."
FIRST_DRY: Final = "This moment would be noted, and the next run would read the changes since."


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    collection: str | None
    page_size: int
    scope: str | None
    credentials: str | None
    changes: bool
    follow: bool
    every: float
    since: str | None
    identifiers: Path | None
    rejected: Path | None
    from_start: bool
    is_dry: bool
    as_json: bool

    def check(self, named: frozenset[str]) -> None:
        """Refuse what does not go together; ``named`` are the options of the command line.

        Raises:
            InputError: it does not.
        """
        if self.changes and self.identifiers:
            raise InputError("Give --changes or --identifiers, not both.")
        if named & {"follow", "since"} and not self.changes:
            raise InputError("--follow and --since go with --changes.")
        if not math.isfinite(self.every):
            raise InputError(f"--every must be a number of seconds, not {self.every}.")
        if "every" in named and not self.follow:
            raise InputError("--every goes with --follow.")
        if self.changes and (self.collection or self.from_start):
            raise InputError(
                "--changes covers everything: leave out --collection and --from-start."
            )
        if self.since is not None and not is_day(self.since):
            raise InputError(f"--since must be a day as YYYYMMDD, or 0, not {self.since!r}.")
        if named & {"page_size", "scope"} and (self.changes or self.identifiers):
            raise InputError("--page-size and --scope are for the search: leave them out here.")
        if self.credentials and self.identifiers:
            raise InputError("A list needs no keys: leave out --credentials.")
        if self.scope is not None and not self.credentials:
            raise InputError("--scope is for accounts that may see more: add --credentials.")


def _named() -> frozenset[str]:
    """The options that the command line gives a value of its own."""
    context = click.get_current_context()
    return frozenset(
        name
        for name in context.params
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    )


def is_day(text: str) -> bool:
    """Whether the Changes API can begin there."""
    if text == EVERYTHING:
        return True
    try:
        return bool(re.fullmatch("[0-9]{8}", text) and date.fromisoformat(text))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Run:
    """What a run works with."""

    config: Config
    options: Options
    database: Database
    reads: Service
    rejected: Rejected

    def patience(self, progress: Progress) -> Patience:
        """For requests whose waits the progress tells of."""
        return Patience(self.database, progress.tell, is_dry=self.options.is_dry)

    def summary(self) -> Summary:
        """What is printed in the end."""
        return Summary(is_dry=self.options.is_dry, as_json=self.options.as_json)


@click.command()
@click.option(
    "--collection",
    type=click.Choice(list(BY_COLLECTION)),
    help="Search only this one; with --identifiers: the collection that the file lists.",
)
@click.option(
    "--page-size",
    type=click.IntRange(SMALLEST_PAGE, LARGEST_PAGE),
    default=LARGEST_PAGE,
    show_default=True,
    help="Names in one answer of the search.",
)
@click.option("--scope", metavar="NAME", help='Scope of the search, "all" for accounts that may.')
@click.option(
    "--credentials",
    type=click.Choice(["caa", "eaa", "environment"]),
    help="Whose keys: of section [s3], or IA_ACCESS_KEY_ID and IA_SECRET_ACCESS_KEY. "
    "[default: none for the search, caa for --changes]",
)
@click.option("--changes", is_flag=True, help="Read the Changes API instead of searching.")
@click.option("--follow", is_flag=True, help="With --changes: go on until SIGTERM or SIGINT.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.01),
    default=60.0,
    show_default=True,
    metavar="S",
    help="With --follow: seconds to wait when there are no more changes.",
)
@click.option(
    "--since", metavar="DAY", help="With --changes: begin at YYYYMMDD; 0 names all there is."
)
@click.option(
    "--identifiers",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Import names of items from a file instead; - is standard input.",
)
@click.option(
    "--rejected",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Add names that are not used to this file, each with the reason.",
)
@click.option("--from-start", is_flag=True, help="Begin anew, not where the run before stopped.")
@dry_run_option
@json_option
@config_option
@stoppable()
def archive(**given: object) -> int:
    """Put items under audit that the Internet Archive knows.

    Searches both collections; the search names only what is in the public index, which items
    with noindex are not. Exits with 1 when the search was cut short or a file is damaged.
    """
    options = Options(**cast("dict[str, Any]", given))
    options.check(_named())
    config = load_config()
    connect(config.database.conninfo()).close()
    return asyncio.run(_perform(config, options))


async def _perform(config: Config, options: Options) -> int:
    name = "artwork-indexer seed archive"
    with Rejected(options.rejected) as rejected:
        async with (
            Database(config.database.conninfo(), size=2, prepared=False, name=name) as database,
            remotes.connect(config) as connected,
        ):
            run = Run(config, options, database, connected.reads, rejected)
            try:
                if options.identifiers is not None:
                    return await import_list(run, options.identifiers)
                return await (note_changes(run) if options.changes else search(run))
            except CredentialsRefused as error:
                raise Unreachable(_no_access(options, error)) from error


async def search(run: Run) -> int:
    """Search the collections, one after the other; returns the exit code.

    Raises:
        ArtworkIndexerError: what a search failed of, when the others are done and all is told.
    """
    options, config = run.options, run.config
    service = Search(
        run.reads,
        config.archive.search_url,
        count=options.page_size,
        scope=options.scope,
        credentials=credentials_of(config, options.credentials),
    )
    summary, failure = run.summary(), None
    outcomes: list[Outcome] = []
    seedings: list[Seeding] = []
    wanted = [one for one in PROJECTS if options.collection in (None, one.collection)]
    if options.from_start and not options.is_dry:
        await begin_anew(run.database, (source_of(project, options.scope) for project in wanted))
    for project in wanted:
        with Progress(project.name, "items") as progress:
            seeder = CollectionSearch(
                run.database,
                service,
                run.patience(progress),
                project,
                scope=options.scope,
                is_dry=options.is_dry,
            )
            try:
                seeding, outcome = await seeder.run(
                    progress, run.rejected.note, restart=options.from_start
                )
            except (ArtworkIndexerError, psycopg.Error) as error:
                if not outcomes:
                    raise
                failure = error
                break
        seedings.append(seeding)
        outcomes.append(outcome)
    known: dict[str, int | None] = {}
    # What was done is told, also when the database has failed.
    with suppress(psycopg.Error, Unreachable):
        known = await with_art(run.database)
    summary.tell(
        {one.source: one.tally for one in seedings},
        notes=tuple(note for one in outcomes for note in _notes(one, known)),
        more={"searches": {one.project.collection: _facts(one, known) for one in outcomes}},
        held=sum(one.held for one in seedings),
    )
    for failed in (*(one.failure for one in outcomes), failure):
        if failed:
            raise failed
    return PROBLEMS if any(one.is_short or one.broken for one in outcomes) else 0


def _notes(outcome: Outcome, known: dict[str, int | None]) -> list[str]:
    return [
        *outcome.notes(known.get(outcome.project.entity_type)),
        *_counted(outcome.project.name, outcome.counts),
    ]


def _facts(outcome: Outcome, known: dict[str, int | None]) -> dict[str, object]:
    return outcome.as_json(known.get(outcome.project.entity_type))


def _counted(name: str, counts: Counter[str]) -> list[str]:
    """The counts of what was not as it should be, in one sentence."""
    told = [f"{number:,} {what.replace('_', ' ')}" for what, number in counts.items() if number]
    return [f"{name}: of the names, {', '.join(told)}."] if told else []


async def import_list(run: Run, path: Path) -> int:
    """Import a file of names; returns the exit code."""
    options, summary = run.options, run.summary()
    project = BY_COLLECTION[options.collection] if options.collection else None
    items = ItemList(run.database, path, project, is_dry=options.is_dry)
    with Progress(items.name, "lines") as progress:
        seeding, outcome = await items.run(progress, run.rejected, restart=options.from_start)
    notes = [*outcome.problems, *_counted(items.name, outcome.counts)]
    if not (seeding.tally.total or notes):
        notes = [f"{items.name}: there was no name to read."]
    summary.tell(
        {items.source: seeding.tally},
        notes=tuple(notes),
        more={"lines": outcome.lines, "problems": outcome.problems, **outcome.counts},
        held=seeding.held,
    )
    return PROBLEMS if outcome.problems else 0


async def note_changes(run: Run) -> int:
    """Read the Changes API, once or until a signal; returns the exit code."""
    options, config, summary = run.options, run.config, run.summary()
    keys = credentials_of(config, options.credentials or CAA.abbreviation)
    if keys is None:
        raise ConfigurationError("The Changes API needs keys: name them with --credentials.")
    with Progress("changes", "changes") as progress:
        feed = ChangeFeed(
            run.database,
            Changes(run.reads, config.archive.changes_url, keys),
            run.patience(progress),
            run.rejected.note,
            settle=timedelta(hours=config.audit.settle_hours),
            is_dry=options.is_dry,
        )
        if options.follow:
            await until_signal(feed.follow(progress, options.since, options.every))
        elif not await feed.catch_up(progress, options.since):
            progress.tell(FIRST_DRY if options.is_dry else FIRST)
    _tell_changes(summary, feed)
    return 0


def _tell_changes(summary: Summary, feed: ChangeFeed) -> None:
    noted = feed.noted
    hinted = number_of(noted.hinted, "entity", "entities")
    notes = [f"Audited sooner because of changed items: {hinted}."]
    notes += _counted("Changes", noted.counts)
    summary.tell(
        {CHANGES: noted.tally},
        notes=tuple(notes),
        more={"hinted": noted.hinted, **noted.counts},
        held=noted.held,
    )


async def until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Do something until SIGTERM or SIGINT; what it has not written yet is taken back."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    try:
        await first_of(asked, task)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            if not asked.is_set():
                raise


def credentials_of(config: Config, name: str | None) -> Credentials | None:
    """The keys with that name; None without a name.

    Raises:
        ConfigurationError: they are not there.
    """
    if name is None:
        return None
    if name == "environment":
        access, secret = os.environ.get(ACCESS), os.environ.get(SECRET)
        if not (access and secret):
            raise ConfigurationError(f"Set {ACCESS} and {SECRET}, or name other --credentials.")
        return Credentials(f"LOW {access}:{secret}", name)
    project = next(project for project in PROJECTS if project.abbreviation == name)
    authorization = config.s3.authorization(project)
    if authorization is None:
        raise ConfigurationError(
            f"Set {name}_access and {name}_secret in section [s3], or name other --credentials."
        )
    return Credentials(authorization, project.keys_service)


def _no_access(options: Options, error: CredentialsRefused) -> str:
    if options.changes:
        return (
            f"The Internet Archive does not let this account read changes. Its staff grants the "
            f"privilege; --credentials names another account. {error}"
        )
    return (
        "The Internet Archive does not accept the keys for this search. Check them, or leave out "
        f"--credentials and --scope. {error}"
    )
