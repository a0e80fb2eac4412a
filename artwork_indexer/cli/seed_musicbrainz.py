"""``artwork-indexer audit seed musicbrainz``: every release and event."""

from __future__ import annotations

import click

from artwork_indexer.cli.common import config_option
from artwork_indexer.cli.output import json_option
from artwork_indexer.cli.seed_common import (
    Summary,
    dry_run_option,
    entity_option,
    from_start_option,
    seed_from_musicbrainz,
    stoppable,
)
from artwork_indexer.database import Database
from audit.seeding import musicbrainz as source
from audit.seeding.checkpoint import Seeding


@click.command()
@entity_option
@click.option(
    "--all/--with-art-only",
    "without_art",
    default=True,
    help="Entities without art too, with low priority [default: --all].",
)
@from_start_option
@dry_run_option
@json_option
@config_option
@stoppable()
def musicbrainz(
    entity_type: str | None, *, without_art: bool, from_start: bool, is_dry: bool, as_json: bool
) -> None:
    """Put every release and event under audit, those with art first.

    Repeat it at any time: it reads only what is new since, and goes on where it was stopped.
    """

    async def work(reader: Database, seeding: Seeding, name: str) -> None:
        await source.seed(reader, seeding, name, without_art=without_art)

    seed_from_musicbrainz(
        work,
        source.source_of,
        entity_type,
        Summary(is_dry=is_dry, as_json=as_json),
        from_start=from_start,
    )
