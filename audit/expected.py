"""The expected state: what MusicBrainz says about a whole batch of MBIDs, read at once.

One statement for each entity type, and a statement sees one snapshot, so there is no
transaction that could be left open. Fields of the document come from SQL alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import Any, Final

import psycopg

from artwork_indexer.database import Connection, Database, Row, query
from artwork_indexer.index_json import Image, image_from_row
from artwork_indexer.projects import BY_ENTITY_TYPE
from audit import catalogue, sql_fields
from audit.findings import Outcome
from audit.states import Expected, Fields, Life

Key = tuple[str, str]
"""Entity type and MBID in lower case."""
Json = dict[str, Any]

NEEDED_OF_IMAGE: Final = ("id", "approved", "front", "comment", "edit", "types", "ordering")
_QUERIES: Final = {
    entity_type: query(f"audit_expected_{entity_type}") for entity_type in BY_ENTITY_TYPE
}
_FIELDS: Final[Mapping[str, Callable[[Json, Sequence[Image]], Fields]]] = {
    "release": sql_fields.release,
    "event": lambda record, _images: sql_fields.event(record),
}


@dataclass(frozen=True, slots=True)
class Replication:
    """What kind of database this is.

    A mirror has no edits, so ``approved`` says nothing there, and nothing may be repaired.
    ``replicated_until`` is the data's age in epoch seconds; None where it is never behind.
    """

    is_mirror: bool
    replicated_until: float | None


async def replication(database: Database) -> Replication:
    """Tell a master from a mirror, by what replication leaves out.

    Raises:
        Unreachable: the database does not answer.
    """
    row = await database.fetch_one(query("audit_replication"))
    assert row is not None, "a SELECT without FROM gives one row"
    is_mirror: bool = row["is_mirror"]
    return Replication(is_mirror, row["replicated_until"] if is_mirror else None)


async def read(
    database: Database, batch: Sequence[Key], *, queue: Database | None = None
) -> dict[Key, Expected]:
    """What MusicBrainz says about each MBID of a batch.

    ``queue`` is where the event queue is, when ``database`` is a replica that lags behind it.

    Raises:
        Unreachable: a database does not answer.
    """
    async with database.connection() as connection:
        rows = await _rows(connection, batch)
        are_open = await _open(connection, batch) if queue is None else frozenset()
    if queue is not None:
        async with queue.connection() as connection:
            are_open = await _open(connection, batch)
    return {key: build(key, row, are_open=key in are_open) for key, row in rows.items()}


async def look_again(connection: Connection, seen: Iterable[Expected]) -> dict[Key, Outcome]:
    """What has changed since the states were read; entities without a change are missing.

    To be asked on the primary, in the transaction that writes the verdicts: a lagging replica
    shows up here too.
    """
    fingerprints = {(state.entity_type, state.gid): state.fingerprint for state in seen}
    batch = list(fingerprints)
    rows = await _rows(connection, batch)
    changed = dict.fromkeys(await _open(connection, batch), catalogue.OPEN_EVENTS)
    for key, fingerprint in fingerprints.items():
        if _fingerprint(rows[key]) != fingerprint:
            changed[key] = catalogue.DATABASE_CHANGED
    return changed


async def _rows(connection: Connection, batch: Sequence[Key]) -> dict[Key, Row]:
    rows: dict[Key, Row] = {}
    for entity_type, keys in groupby(sorted(batch), key=lambda key: key[0]):
        gids = [gid for _, gid in keys]
        cursor = await connection.execute(_QUERIES[entity_type], {"gids": gids})
        rows.update({(entity_type, row["gid"]): row for row in await cursor.fetchall()})
    return rows


async def _open(connection: Connection, batch: Sequence[Key]) -> frozenset[Key]:
    types, gids = [entity_type for entity_type, _ in batch], [gid for _, gid in batch]
    try:
        cursor = await connection.execute(
            query("audit_expected_open"), {"types": types, "gids": gids}
        )
    except psycopg.errors.InvalidSchemaName:
        # A mirror on which one entity is checked needs no event queue.
        return frozenset()
    return frozenset((row["entity_type"], row["gid"]) for row in await cursor.fetchall())


def build(key: Key, row: Row, *, are_open: bool) -> Expected:
    """One expected state out of a row of ``audit_expected_*``; pure."""
    entity_type, gid = key
    life = _life(gid, row)
    listed: list[Json] = row["images"] or []
    usable, malformed = _usable(entity_type, listed)
    images = tuple(map(image_from_row, usable))
    if life is Life.LIVE:
        malformed += sql_fields.malformed(entity_type, gid, row["fields"])
    return Expected(
        entity_type=entity_type,
        gid=gid,
        life=life,
        merged_into=row["entity"] if life is Life.MERGED else None,
        images=images,
        fields=_FIELDS[entity_type](row["fields"], images)
        if life is Life.LIVE and not malformed
        else None,
        fingerprint=_fingerprint(row),
        redirected_gids=tuple(row["redirected"]),
        open_events=are_open,
        ties=_ties(usable),
        malformed=tuple(malformed),
        is_other_type=row["is_other_type"],
    )


def _life(gid: str, row: Row) -> Life:
    if row["entity"] is None:
        return Life.GONE
    if row["entity"] != gid:
        return Life.MERGED
    return Life.DARKENED if row["darkened"] else Life.LIVE


def _usable(entity_type: str, listed: Iterable[Json]) -> tuple[list[Json], list[str]]:
    """The rows of images that have all they need, and a sentence about each other one."""
    usable: list[Json] = []
    malformed: list[str] = []
    for row in listed:
        trouble = _trouble(row)
        if trouble is None:
            usable.append(row)
        else:
            project = BY_ENTITY_TYPE[entity_type]
            malformed.append(
                f"The row {row['id']} of {project.schema}.{project.art_table} {trouble}."
            )
    return usable, malformed


def _trouble(row: Json) -> str | None:
    if row["mime_type"] is None:
        return "has no MIME type"
    if row["suffix"] is None:
        return (
            f"has the MIME type {row['mime_type']!r}, which is not in cover_art_archive.image_type"
        )
    missing = [name for name in NEEDED_OF_IMAGE if row[name] is None]
    if missing:
        return f"has no {' and no '.join(missing)}"
    if None in row["types"]:
        return "has a type without a name"
    return None


def _ties(images: Sequence[Json]) -> tuple[frozenset[int], ...]:
    if len({image["ordering"] for image in images}) == len(images):
        return ()
    groups = groupby(images, key=lambda image: image["ordering"])
    tied = (frozenset(image["id"] for image in group) for _, group in groups)
    return tuple(ids for ids in tied if len(ids) > 1)


def _fingerprint(row: Row) -> str:
    """Of everything that was read; the order of ``types`` is chance and does not count."""
    images = [{**image, "types": sorted(image["types"], key=str)} for image in row["images"] or ()]
    read_values = (
        row["entity"],
        row["is_other_type"],
        row["darkened"],
        row["redirected"],
        images,
        row["fields"],
    )
    return blake2b(repr(read_values).encode(), digest_size=16).hexdigest()
