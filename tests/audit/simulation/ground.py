"""One small world in the making: what drifts are planted in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from artwork_indexer.projects import BY_ENTITY_TYPE
from artwork_indexer.sandbox.internet_archive import Archive, Content
from artwork_indexer.sandbox.internet_archive.item import Item
from tests.audit.simulation.stock import Entity

TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "release": {
        "schema": "cover_art_archive",
        "art": "cover_art",
        "entity": "release",
        "presence": "cover_art_presence",
    },
    "event": {
        "schema": "event_art_archive",
        "art": "event_art",
        "entity": "event",
        "presence": "event_art_presence",
    },
}
"""Names to fill into statements, by entity type."""
ORIGINAL: Final = re.compile(r"mbid-([0-9a-f-]{36})-([1-9][0-9]*)\.(jpg|png|gif|pdf)")
UPLOADERS: Final = {
    entity_type: project.uploader.casefold() for entity_type, project in BY_ENTITY_TYPE.items()
}


@dataclass(frozen=True, slots=True)
class Drift:
    """One change that no event of ours tells of; the numbers choose where and what.

    A change of MusicBrainz that is ``told`` leaves its events in the queue.
    """

    kind: str
    where: int
    which: int
    how: int
    told: bool


@dataclass
class Ground:
    """The entities of one example, and what happened to them."""

    number: int
    entities: tuple[Entity, ...]
    archive: Archive
    connection: psycopg.Connection[dict[str, Any]]
    touched: set[str] = field(default_factory=set)
    """MBIDs that any drift was about."""
    removed: set[int] = field(default_factory=set)
    """Images that an editor removed, with events that tell of it."""
    edited: set[int] = field(default_factory=set)
    """Images of entities whose edits left events in the queue."""
    planted: list[str] = field(default_factory=list)

    def sql(self, statement: str, entity_type: str, **parameters: object) -> list[dict[str, Any]]:
        names = TABLES[entity_type]
        cursor = self.connection.execute(statement.format(**names).encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def items(self) -> list[tuple[Entity, Item]]:
        """Entities with an item, in a fixed order."""
        present = self.archive.items
        return [
            (entity, present[entity.item]) for entity in self.entities if entity.item in present
        ]

    def live(self, entity_type: str | None = None) -> list[Entity]:
        """Entities that MusicBrainz has."""
        wanted = ("release", "event") if entity_type is None else (entity_type,)
        return [
            entity
            for entity in self.entities
            if entity.entity_type in wanted
            and self.sql(
                "SELECT 1 FROM musicbrainz.{entity} WHERE gid = %(gid)s",
                entity.entity_type,
                gid=entity.gid,
            )
        ]

    def images(self, entity: Entity) -> list[dict[str, Any]]:
        """Id, comment and suffix of the images an entity has in MusicBrainz."""
        return self.sql(
            "SELECT art.id, art.mime_type, coalesce(image_type.suffix, 'jpg') AS suffix"
            "  FROM {schema}.{art} AS art JOIN musicbrainz.{entity} ON {entity}.id = art.{entity}"
            "  LEFT JOIN cover_art_archive.image_type USING (mime_type)"
            " WHERE {entity}.gid = %(gid)s ORDER BY art.ordering, art.id",
            entity.entity_type,
            gid=entity.gid,
        )

    def touch(self, *entities: Entity) -> None:
        self.touched.update(entity.gid for entity in entities)

    def unknown_id(self, how: int) -> int:
        """An id of an earlier time that no image has."""
        return 4_000_000_000 + 1000 * self.number + how


def originals(item: Item) -> list[str]:
    """The names of an item's originals, in order."""
    return sorted(name for name in item.files if ORIGINAL.fullmatch(name))


def write(item: Item, name: str, data: bytes) -> None:
    """Put bytes into an item without any trace but the bytes themselves."""
    item.put(name, Content.of(data), item.last_updated)


def write_index(item: Item, document: object, **form: Any) -> None:
    write(item, "index.json", json.dumps(document, **({"sort_keys": True} | form)).encode())


def nth(things: Any, number: int) -> Any:
    """One of a sequence, whatever the number."""
    return things[number % len(things)]
