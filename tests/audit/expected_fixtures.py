"""Batches of the sample world, and what a master never lets happen to its rows."""

from __future__ import annotations

from collections.abc import Iterable

from artwork_indexer.database import Database
from artwork_indexer.sandbox.world import Entities, World
from audit import expected
from audit.expected import Key
from audit.states import Expected
from tests.queue_fixtures import Rows

ARCHIVES = {"release": "cover_art_archive.cover_art", "event": "event_art_archive.event_art"}
"""Table of the images by entity type."""


def entities_of(world: World, entity_type: str) -> Entities:
    return world.releases if entity_type == "release" else world.events


def keys(entity_type: str, gids: Iterable[str]) -> list[Key]:
    return [(entity_type, gid) for gid in gids]


def every(world: World) -> list[Key]:
    """All MBIDs that the world knows, of both archives, mixed."""
    batch: list[Key] = []
    for entity_type in ARCHIVES:
        of = entities_of(world, entity_type)
        batch += keys(entity_type, (*of.live, *of.merged, *of.deleted))
    return batch[::2] + batch[1::2]


async def read_one(database: Database, gid: str, entity_type: str = "release") -> Expected:
    return (await expected.read(database, [(entity_type, gid)]))[entity_type, gid]


def without_triggers(rows: Rows, table: str = ARCHIVES["release"]) -> None:
    """As on a mirror: nothing is put in order at the commit."""
    rows.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def without_keys(rows: Rows, table: str) -> None:
    """As on a mirror: rows may point nowhere."""
    for row in rows.run(
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %(table)s::regclass",
        table=table,
    ):
        rows.run(f"ALTER TABLE {table} DROP CONSTRAINT {row['conname']}")
    without_triggers(rows, table)
