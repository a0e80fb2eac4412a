"""``artwork-indexer audit seed archive``: items that the Internet Archive knows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final, cast

import click
from click.core import ParameterSource

from artwork_indexer import remotes
from artwork_indexer.archive.search import LARGEST_PAGE, SMALLEST_PAGE
from artwork_indexer.cli.common import config_option, load_config
from artwork_indexer.cli.output import json_option
from artwork_indexer.cli.seed_archive_changes import note_changes
from artwork_indexer.cli.seed_archive_options import Options, Run, counted
from artwork_indexer.cli.seed_archive_search import PROBLEMS, search
from artwork_indexer.cli.seed_common import dry_run_option, stoppable
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.errors import CredentialsRefused, Unreachable
from artwork_indexer.migrations import connect
from artwork_indexer.projects import PROJECTS
from audit.seeding.item_lists import ItemList
from audit.seeding.progress import Progress
from audit.seeding.rejected import Rejected

BY_COLLECTION: Final = {project.collection: project for project in PROJECTS}


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


def _named() -> frozenset[str]:
    """The options that the command line gives a value of its own."""
    context = click.get_current_context()
    return frozenset(
        name
        for name in context.params
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    )


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


async def import_list(run: Run, path: Path) -> int:
    """Import a file of names; returns the exit code."""
    options, summary = run.options, run.summary()
    project = BY_COLLECTION[options.collection] if options.collection else None
    items = ItemList(run.database, path, project, is_dry=options.is_dry)
    with Progress(items.name, "lines") as progress:
        seeding, outcome = await items.run(progress, run.rejected, restart=options.from_start)
    notes = [*outcome.problems, *counted(items.name, outcome.counts)]
    if not (seeding.tally.total or notes):
        notes = [f"{items.name}: there was no name to read."]
    summary.tell(
        {items.source: seeding.tally},
        notes=tuple(notes),
        more={"lines": outcome.lines, "problems": outcome.problems, **outcome.counts},
        held=seeding.held,
    )
    return PROBLEMS if outcome.problems else 0


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
