"""The search of ``audit seed archive``: one collection after the other."""

from __future__ import annotations

from contextlib import suppress
from typing import Final, TypeAlias

import psycopg

from artwork_indexer.archive.search import Search
from artwork_indexer.cli.seed_archive_options import Run, counted, credentials_of
from artwork_indexer.errors import ArtworkIndexerError, Unreachable
from artwork_indexer.projects import PROJECTS, Project
from audit.seeding.archive import CollectionSearch, Outcome, begin_anew, source_of, with_art
from audit.seeding.checkpoint import Seeding
from audit.seeding.progress import Progress

PROBLEMS: Final = 1

Searched: TypeAlias = tuple[Seeding, Outcome]


async def search(run: Run) -> int:
    """Search the collections; returns the exit code.

    Raises:
        ArtworkIndexerError: what a search failed of, when the others are done and all is told.
    """
    options, service = run.options, _service(run)
    wanted = [one for one in PROJECTS if options.collection in (None, one.collection)]
    if options.from_start and not options.is_dry:
        await begin_anew(run.database, (source_of(project, options.scope) for project in wanted))
    done, failure = await _search_all(run, service, wanted)
    await _tell(run, done)
    outcomes = [outcome for _, outcome in done]
    for failed in (*(one.failure for one in outcomes), failure):
        if failed:
            raise failed
    return PROBLEMS if any(one.is_short or one.broken for one in outcomes) else 0


def _service(run: Run) -> Search:
    return Search(
        run.reads,
        run.config.archive.search_url,
        count=run.options.page_size,
        scope=run.options.scope,
        credentials=credentials_of(run.config, run.options.credentials),
    )


async def _search_all(
    run: Run, service: Search, wanted: list[Project]
) -> tuple[list[Searched], ArtworkIndexerError | psycopg.Error | None]:
    """What was done, and what it ended of; that is raised if nothing was done before it."""
    done: list[Searched] = []
    for project in wanted:
        try:
            done.append(await _search_one(run, service, project))
        except (ArtworkIndexerError, psycopg.Error) as error:
            if not done:
                raise
            return done, error
    return done, None


async def _search_one(run: Run, service: Search, project: Project) -> Searched:
    options = run.options
    with Progress(project.name, "items") as progress:
        seeder = CollectionSearch(
            run.database,
            service,
            run.patience(progress),
            project,
            scope=options.scope,
            is_dry=options.is_dry,
        )
        return await seeder.run(progress, run.rejected.note, restart=options.from_start)


async def _tell(run: Run, done: list[Searched]) -> None:
    known: dict[str, int | None] = {}
    # What was done is told, also when the database has failed.
    with suppress(psycopg.Error, Unreachable):
        known = await with_art(run.database)
    run.summary().tell(
        {seeding.source: seeding.tally for seeding, _ in done},
        notes=tuple(note for _, outcome in done for note in _notes(outcome, known)),
        more={"searches": {one.project.collection: _facts(one, known) for _, one in done}},
        held=sum(seeding.held for seeding, _ in done),
    )


def _notes(outcome: Outcome, known: dict[str, int | None]) -> list[str]:
    return [
        *outcome.notes(known.get(outcome.project.entity_type)),
        *counted(outcome.project.name, outcome.counts),
    ]


def _facts(outcome: Outcome, known: dict[str, int | None]) -> dict[str, object]:
    return outcome.as_json(known.get(outcome.project.entity_type))
