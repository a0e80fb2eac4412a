"""``artwork-indexer audit seed redirects``: MBIDs that were merged into others."""

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
from audit.seeding import redirects as source


@click.command()
@entity_option
@from_start_option
@dry_run_option
@json_option
@config_option
@stoppable()
def redirects(entity_type: str | None, *, from_start: bool, is_dry: bool, as_json: bool) -> None:
    """Put MBIDs that were merged under audit: their items must be empty now.

    Repeat it at any time: it reads only what is new since, and goes on where it was stopped.
    """
    seed_from_musicbrainz(
        source.seed,
        source.source_of,
        entity_type,
        Summary(is_dry=is_dry, as_json=as_json),
        from_start=from_start,
    )
