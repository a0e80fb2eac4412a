"""MBIDs that were merged into others come under audit: their items have to be empty now.

A redirect has no row id. The first pass goes by MBID; later ones by the time of the merge, for
which MusicBrainz has no index: they read the table once for each page of what is new.
"""

from __future__ import annotations

import time

from artwork_indexer.database import Database
from audit import uploads
from audit.seeding.checkpoint import REDIRECT, Seeding
from audit.seeding.musicbrainz import NIL, QUERIES, look_back
from audit.seeding.progress import Progress
from audit.seeding.walking import Route, Walker, read


def source_of(entity_type: str) -> str:
    """The name under which the position is kept."""
    return f"redirects {entity_type}"


async def seed(reader: Database, seeding: Seeding, entity_type: str) -> None:
    """Bring all merged MBIDs of one type under audit that are not yet.

    Raises:
        Refused: these are not MusicBrainz's tables, or another run is under way.
    """
    queries, label = QUERIES[entity_type], f"redirects: merged {entity_type}s"
    is_first = not seeding.position
    if is_first:
        newest = int((time.time() - uploads.EPOCH) * 100)
        start = await read(reader, queries.start, newest=newest)
        seeding.position = {"merges": start["merges"], "gids": [NIL]}
    walker = Walker(reader, seeding, entity_type)
    if seeding.position["gids"] is not None:
        left = await read(reader, queries.redirects_extent, after=seeding.position["gids"][0])
        by_mbid = Route("gids", queries.redirects, REDIRECT, label, news="merge")
        await _walk(walker, by_mbid, seeding.position["gids"], left["entries"])
        seeding.position = {**seeding.position, "gids": None}
    newer = f"{label}, new ones"
    by_time = Route("merges", queries.merges, REDIRECT, newer, news="merge")
    place = seeding.position["merges"]
    await _walk(walker, by_time, place if is_first else look_back("merges", place))
    await seeding.add([], seeding.position, finished=True)


async def _walk(walker: Walker, route: Route, after: object, total: int | None = None) -> None:
    with Progress(route.source, "MBIDs", total) as progress:
        await walker.walk(route, after, progress)
