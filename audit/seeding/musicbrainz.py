"""Every release and event of MusicBrainz comes under audit, those with art first.

The first pass walks all entities by row id. Later ones go on there, and see by the ids of
images and by merges which entities got art since.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString, cast

from artwork_indexer.database import Database, query
from audit import uploads
from audit.seeding.checkpoint import WITH_ART, WITHOUT_ART, Seeding
from audit.seeding.progress import Progress
from audit.seeding.walking import Route, Walker, read

LATE_IDS: Final = 1000
"""Row ids are not committed in their order: about a day's worth is read again."""
LATE_TIME: Final = timedelta(days=1)
"""The same for images, which are uploaded before their row is made, and for merges."""
NIL: Final = "00000000-0000-0000-0000-000000000000"
BEGINNING: Final = "-infinity"


@dataclass(frozen=True, slots=True)
class Queries:
    """The statements on one archive's tables."""

    start: LiteralString
    extent: LiteralString
    page: LiteralString
    images: LiteralString
    merges: LiteralString
    redirects: LiteralString
    redirects_extent: LiteralString


QUERIES: Final = {
    "release": Queries(
        query("seed_start_release"),
        query("seed_extent_release"),
        query("seed_page_release"),
        query("seed_images_release"),
        query("seed_merges_release"),
        query("seed_redirects_release"),
        query("seed_extent_redirects_release"),
    ),
    "event": Queries(
        query("seed_start_event"),
        query("seed_extent_event"),
        query("seed_page_event"),
        query("seed_images_event"),
        query("seed_merges_event"),
        query("seed_redirects_event"),
        query("seed_extent_redirects_event"),
    ),
}


def source_of(entity_type: str) -> str:
    """The name under which the position is kept."""
    return f"musicbrainz {entity_type}"


async def seed(reader: Database, seeding: Seeding, entity_type: str, *, without_art: bool) -> None:
    """Bring all entities of one type under audit that are not yet.

    Args:
        reader: Where MusicBrainz's tables are read; may be a replica.
        seeding: Of the source that :func:`source_of` names.
        entity_type: "release" or "event".
        without_art: Whether entities without art come along, after the others.

    Raises:
        Refused: these are not MusicBrainz's tables, or another run is under way.
    """
    queries = QUERIES[entity_type]
    newest = int((time.time() - uploads.EPOCH) * 100)
    is_first = not seeding.position
    if is_first:
        start = await read(reader, queries.start, newest=newest)
        seeding.position = {"with_art": 0, "without_art": 0, **start}
    walker = Walker(reader, seeding, entity_type)
    for route in _routes(queries, entity_type, newest, without_art=without_art):
        place = seeding.position[route.key]
        after = place if is_first else look_back(route.key, place)
        total = await _total(reader, queries, route, after)
        with Progress(route.source, f"{entity_type}s looked at", total) as progress:
            await walker.walk(route, after, progress)
    await seeding.add([], seeding.position, finished=True)


def _routes(
    queries: Queries, entity_type: str, newest: int, *, without_art: bool
) -> Iterator[Route]:
    label = f"musicbrainz: {entity_type}s"
    yield Route(
        "with_art",
        queries.page,
        WITH_ART,
        f"{label} with art",
        news="art",
        parameters={"has_art": True},
    )
    yield Route(
        "images",
        queries.images,
        WITH_ART,
        f"{label} of new images",
        news="art",
        parameters={"newest": newest},
    )
    yield Route(
        "merges", queries.merges, WITH_ART, f"{label} merged into", column="targets", news="art"
    )
    if without_art:
        yield Route(
            "without_art",
            queries.page,
            WITHOUT_ART,
            f"{label} without art",
            parameters={"has_art": False},
        )


async def _total(reader: Database, queries: Queries, route: Route, after: object) -> int | None:
    """About how many entries a route has; None if nobody knows."""
    if route.query is not queries.page:
        return None
    row = await read(reader, queries.extent, after=after)
    return cast("int | None", row["entries"])


def look_back(key: str, place: Any) -> Any:  # noqa: ANN401 (a place is what its route makes it)
    """A place in the position, moved back by as much as may have been committed late."""
    match key:
        case "with_art" | "without_art":
            return max(0, place - LATE_IDS)
        case "images":
            return max(0, place - int(LATE_TIME.total_seconds() * 100))
        case "merges":
            created, _ = place
            if created != BEGINNING:
                created = (datetime.fromisoformat(created) - LATE_TIME).isoformat()
            return [created, NIL]
        case _:
            return place
