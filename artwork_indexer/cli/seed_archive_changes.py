"""``audit seed archive --changes``: what the Changes API tells, once or until a signal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final

from artwork_indexer.archive.changes import Changes
from artwork_indexer.cli.seed_archive_options import Run, counted, credentials_of
from artwork_indexer.cli.seed_common import Summary
from artwork_indexer.errors import ConfigurationError
from artwork_indexer.projects import CAA
from artwork_indexer.sentences import number_of
from artwork_indexer.waiting import first_of
from audit.seeding.changes import SOURCE as CHANGES
from audit.seeding.changes import ChangeFeed
from audit.seeding.progress import Progress

FIRST: Final = "From this moment on changes are noted; the next run reads them."
FIRST_DRY: Final = "This moment would be noted, and the next run would read the changes since."


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
    notes += counted("Changes", noted.counts)
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
