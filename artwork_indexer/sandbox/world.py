"""A sample MusicBrainz database: the same seed gives the same rows.

Releases and events in many scripts, with and without art, darkened, merged and deleted.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from artwork_indexer.sandbox.world_art import ArtWriter
from artwork_indexer.sandbox.world_entities import EntityWriter
from artwork_indexer.sandbox.world_rows import Rows

QUERIES: Final = Path(__file__).parent / "queries"
EVERY: Final = 25
"""Of so many entities one is darkened with rows, one without, one has been merged into."""


@dataclass(frozen=True, slots=True)
class Entities:
    """MBIDs of the releases or of the events, by what the audit must make of them."""

    with_art: tuple[str, ...]
    without_art: tuple[str, ...]
    darkened: tuple[str, ...]
    """Darkened, and the image rows are still there."""
    darkened_without_rows: tuple[str, ...]
    merged: Mapping[str, str]
    """Redirected MBID to the MBID of the survivor."""
    deleted: tuple[str, ...]
    """Known from former times only: no row mentions them."""

    @property
    def live(self) -> tuple[str, ...]:
        """Every MBID that has a row."""
        return self.with_art + self.without_art + self.darkened + self.darkened_without_rows


@dataclass(frozen=True, slots=True)
class World:
    """What was built."""

    seed: int
    releases: Entities
    events: Entities
    images: Mapping[str, tuple[int, ...]]
    """Image ids in display order by MBID."""


async def build(
    connection: AsyncConnection[Any],
    *,
    releases: int = 300,
    events: int = 40,
    seed: int = 1,
    mirror: bool = False,
) -> World:
    """Fill an empty MusicBrainz slice in the current transaction.

    ``releases`` and ``events`` count the live ones. A ``mirror`` gets no editors and no edits,
    as replication leaves them out.
    """
    rows = Rows(random.Random(seed))  # noqa: S311  (a sample, not a secret)
    writer = EntityWriter(rows)
    art = ArtWriter(rows)
    world = World(
        seed=seed,
        releases=_populate(writer, art, "release", releases),
        events=_populate(writer, art, "event", events),
        images=art.images,
    )
    await _insert(connection, rows, skip={"editor", "edit"} if mirror else set())
    await _complete(connection, rows)
    return world


def _populate(writer: EntityWriter, art: ArtWriter, entity_type: str, count: int) -> Entities:
    add = writer.add_release if entity_type == "release" else writer.add_event
    kinds: dict[str, list[str]] = {
        kind: [] for kind in ("with_art", "without_art", "darkened", "darkened_without_rows")
    }
    merged: dict[str, str] = {}
    for number in range(1, count + 1):
        gid = add(number)
        kind = _kind_of(number)
        kinds[kind].append(gid)
        art.add(entity_type, number, gid, kind)
        if number % EVERY in {3, 4}:
            merged[writer.add_redirect(entity_type, number)] = gid
    deleted = tuple(writer.rows.gid() for _ in range(max(1, count // EVERY)))
    return Entities(
        merged=merged,
        deleted=deleted,
        **{kind: tuple(gids) for kind, gids in kinds.items()},
    )


def _kind_of(number: int) -> str:
    """Spread the kinds evenly; entity 4 of each round has no art, so one merge target has none."""
    if number % EVERY == 6:
        return "darkened"
    if number % EVERY == 7:
        return "darkened_without_rows"
    return "without_art" if number % 5 == 4 else "with_art"


async def _insert(connection: AsyncConnection[Any], rows: Rows, skip: set[str]) -> None:
    async with connection.cursor() as cursor:
        for table, records in rows.tables.items():
            if not records or table.rpartition(".")[2] in skip:
                continue
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(*table.split(".")),
                sql.SQL(", ").join(map(sql.Identifier, records[0])),
            )
            async with cursor.copy(statement) as copy:
                for record in records:
                    await copy.write_row(tuple(record.values()))


async def _complete(connection: AsyncConnection[Any], rows: Rows) -> None:
    """Fill in what hangs on triggers (a mirror has none) and move the sequences."""
    releases = [
        {"id": id_, "asin": rows.asins.get(id_), "presence": presence}
        for id_, presence in rows.presence["release"].items()
    ]
    events = [{"id": id_, "presence": presence} for id_, presence in rows.presence["event"].items()]
    for entity_type, records in (("release", releases), ("event", events)):
        query = (QUERIES / f"fill_{entity_type}_meta.sql").read_bytes()
        await connection.execute(query, {"records": Jsonb(records)})
    await connection.execute((QUERIES / "finish_world.sql").read_bytes())
