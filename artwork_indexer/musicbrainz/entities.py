"""What the MusicBrainz database says about entities and their images."""

from __future__ import annotations

from dataclasses import dataclass

from artwork_indexer.database import Database, Row, query
from artwork_indexer.errors import PermanentError
from artwork_indexer.index_json import Image, image_from_row
from artwork_indexer.projects import Project


@dataclass(frozen=True, slots=True)
class Entity:
    """A live entity."""

    gid: str
    darkened: bool
    """Its art is hidden for legal reasons and must not be touched."""
    has_art: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """The MBID is a redirect to the live entity ``gid``."""

    gid: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The MBID was deleted, or never existed; the database does not tell which."""


State = Entity | Merged | Gone


@dataclass(frozen=True, slots=True)
class Listing:
    """The images of a live entity in the order in which they are shown."""

    darkened: bool
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """The live entity that has an image now."""

    gid: str
    darkened: bool


async def state(database: Database, project: Project, gid: str) -> State:
    """What became of an MBID."""
    row = await database.fetch_one(query(f"entity_state_{project.entity_type}"), gid=gid)
    if row is None:
        return Gone()
    if row["gid"] != gid:
        return Merged(row["gid"])
    return Entity(gid=gid, darkened=row["darkened"], has_art=row["has_art"])


async def listing(database: Database, project: Project, gid: str) -> Listing | None:
    """The images of an entity, or None if it is not live.

    Raises:
        PermanentError: the type of an image is unknown, so its file has no name.
    """
    rows = await database.fetch(query(f"image_listing_{project.entity_type}"), gid=gid)
    if not rows:
        return None
    images = tuple(_image(project, row) for row in rows if row["id"] is not None)
    return Listing(darkened=rows[0]["darkened"], images=images)


async def owner(database: Database, project: Project, image_id: int) -> Owner | None:
    """The entity that has an image now, or None if nobody has."""
    row = await database.fetch_one(query(f"image_owner_{project.entity_type}"), image=image_id)
    return None if row is None else Owner(row["gid"], darkened=row["darkened"])


def _image(project: Project, row: Row) -> Image:
    if row["suffix"] is None:
        raise PermanentError(
            f"The row {row['id']} of {project.schema}.{project.art_table} has the MIME type "
            f"{row['mime_type']!r}, which is not in cover_art_archive.image_type."
        )
    return image_from_row(row)
