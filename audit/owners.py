"""Who has an image now: the question on which every rescue and every delete hangs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from artwork_indexer.database import Connection, Database, query
from audit.states import Owner

LARGEST_ID: Final = 2**63 - 1
"""Of a bigint; an index.json may list any number."""


async def read(
    database: Database, entity_type: str, image_ids: Iterable[int]
) -> dict[int, Owner | None]:
    """The owner of each image, None for ids that nobody has.

    ``entity_type`` is the archive that is asked about; only where nobody there has an id does
    the other archive answer. An owner's MIME type stands in place of a suffix that is unknown.

    Raises:
        Unreachable: the database does not answer.
    """
    async with database.connection() as connection:
        return await read_on(connection, entity_type, image_ids)


async def read_redirects(
    database: Database, entity_type: str, gids: Iterable[str], *, without: str
) -> dict[str, tuple[str, ...]]:
    """The MBIDs that were merged into each of these, ``without`` one; none gives no entry.

    Raises:
        Unreachable: the database does not answer.
    """
    rows = await database.fetch(
        query("audit_redirects"), entity_type=entity_type, gids=list(gids), without=without
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["gid"], []).append(row["merged"])
    return {gid: tuple(merged) for gid, merged in found.items()}


async def read_on(
    connection: Connection, entity_type: str, image_ids: Iterable[int]
) -> dict[int, Owner | None]:
    """The same on a connection, for a transaction that writes what it decides."""
    owners: dict[int, Owner | None] = dict.fromkeys(image_ids)
    images = [image_id for image_id in owners if 0 < image_id <= LARGEST_ID]
    if not images:
        return owners
    cursor = await connection.execute(query("audit_owners"), {"images": images})
    for row in await cursor.fetchall():
        image_id: int = row.pop("id")
        if owners[image_id] is None or row["entity_type"] == entity_type:
            owners[image_id] = Owner(**row)
    return owners
