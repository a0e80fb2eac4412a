"""Whether an entity that is called clean is right: a second opinion, without the audit's code."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Final

import psycopg

from artwork_indexer import sandbox
from artwork_indexer.index_json import Image, build
from artwork_indexer.projects import BY_ENTITY_TYPE
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.internet_archive.item import Item
from tests.audit.simulation.ground import ORIGINAL, UPLOADERS
from tests.audit.simulation.stock import Entity, document

LISTED_ART: Final = (Path(sandbox.__file__).parent / "internet_archive/listed_art.sql").read_bytes()
OWNERS: Final = b"""
    SELECT 'release' AS entity_type, release.gid::text, art.id, art.ordering
      FROM cover_art_archive.cover_art AS art
      JOIN musicbrainz.release ON release.id = art.release
    UNION ALL
    SELECT 'event', event.gid::text, art.id, art.ordering
      FROM event_art_archive.event_art AS art JOIN musicbrainz.event ON event.id = art.event
"""
LIVES: Final = b"""
    SELECT release.gid::text, release.name, meta.cover_art_presence = 'darkened' AS darkened
      FROM musicbrainz.release JOIN musicbrainz.release_meta AS meta ON meta.id = release.id
    UNION ALL
    SELECT event.gid::text, event.name, meta.event_art_presence = 'darkened'
      FROM musicbrainz.event JOIN musicbrainz.event_meta AS meta ON meta.id = event.id
"""
COLLECTIONS: Final = {"release": "coverartarchive", "event": "eventartarchive"}
LATER_SIZES: Final = frozenset({"250", "500", "1200"})
TITLES: Final = {"release": "{*}release/{*}title", "event": "{*}event/{*}name"}


class Rightness:
    """What MusicBrainz says, read once: nobody edits while the days pass."""

    def __init__(self, archive: Archive, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self._archive = archive
        self.owners: dict[int, Entity] = {}
        orders: dict[str, list[int]] = {}
        for row in connection.execute(OWNERS).fetchall():
            self.owners[row["id"]] = Entity(row["entity_type"], row["gid"])
            orders.setdefault(row["gid"], []).append(row["ordering"])
        self._tied = {gid for gid, order in orders.items() if len(set(order)) < len(order)}
        self._lives = {row["gid"]: row for row in connection.execute(LIVES).fetchall()}
        self._images: dict[str, list[Image]] = {}
        for row in connection.execute(LISTED_ART, {"gid": None}).fetchall():
            self._images.setdefault(str(row["gid"]), []).append(_image(row))

    def what_is_wrong(self, entity: Entity) -> str | None:
        """The first thing that is not as MusicBrainz has it, for an entity called clean."""
        item = self._archive.items.get(entity.item)
        life = self._lives.get(entity.gid)
        if life is not None and life["darkened"]:
            return None
        images = self._images.get(entity.gid, [])
        if item is None or item.dark:
            return "it has no item that can be read" if images else None
        if life is None or not images:
            return _what_is_left(entity, item)
        return (
            _wrong_originals(entity, item, images)
            or self._wrong_index(entity, item, images)
            or _wrong_metadata(entity, item)
            or _wrong_title(entity, item, life["name"])
        )

    def _wrong_index(self, entity: Entity, item: Item, images: list[Image]) -> str | None:
        project = BY_ENTITY_TYPE[entity.entity_type]
        wanted = build(project, entity.gid, images)
        file = item.files.get("index.json")
        if file is None:
            return "it has no index.json"
        found: dict[str, Any] = json.loads(file.content.read().replace(b"http://", b"https://"))
        wanted = json.loads(json.dumps(wanted).replace("http://", "https://"))
        if found[entity.entity_type] != wanted[entity.entity_type]:
            return "index.json is about something else"
        here, there = found["images"], wanted["images"]
        is_tied = entity.gid in self._tied
        if is_tied:
            here = sorted(here, key=lambda image: image["id"])
            there = sorted(there, key=lambda image: image["id"])
        if [image["id"] for image in here] != [image["id"] for image in there]:
            return "index.json lists other images"
        wrong = (_wrong_image(*pair, is_tied=is_tied) for pair in zip(here, there, strict=True))
        return next(filter(None, wrong), None)


def _wrong_image(here: dict[str, Any], there: dict[str, Any], *, is_tied: bool) -> str | None:
    for key, wanted in there.items():
        found: Any = here.get(key)
        if key == "thumbnails":
            required = {size for size in wanted if size not in LATER_SIZES}
            is_right = isinstance(found, dict) and required <= found.keys()
            is_right = is_right and all(
                found[size] == url for size, url in wanted.items() if size in found
            )
        elif key == "types":
            is_right = sorted(found or []) == sorted(wanted)
        elif is_tied and key in ("front", "back"):
            is_right = isinstance(found, bool)
        else:
            is_right = found == wanted and type(found) is type(wanted)
        if not is_right:
            return f"{key} of image {there['id']} is {found!r} instead of {wanted!r}"
    return None


def _wrong_originals(entity: Entity, item: Item, images: list[Image]) -> str | None:
    wanted = {f"{entity.item}-{image.id}.{image.suffix}" for image in images}
    found = _own_originals(entity, item)
    return None if found == wanted else f"originals differ: {sorted(found ^ wanted)}"


def _own_originals(entity: Entity, item: Item) -> set[str]:
    matches = (ORIGINAL.fullmatch(name) for name in item.files)
    return {found[0] for found in matches if found and found[1] == entity.gid}


def _wrong_metadata(entity: Entity, item: Item) -> str | None:
    metadata = item.metadata
    if item.uploader.casefold() != UPLOADERS[entity.entity_type]:
        return f"it belongs to {item.uploader}"
    collections = metadata.get("collection", [])
    if COLLECTIONS[entity.entity_type] not in (
        [collections] if isinstance(collections, str) else collections
    ):
        return f"its collection is {collections}"
    if (metadata.get("noindex"), metadata.get("mediatype")) != ("true", "image"):
        return f"noindex and mediatype are {metadata.get('noindex')}, {metadata.get('mediatype')}"
    return None


def _wrong_title(entity: Entity, item: Item, name: str) -> str | None:
    file = item.files.get(f"{entity.item}_mb_metadata.xml")
    if file is None:
        return "it has no document"
    title = ET.fromstring(file.content.read()).find(TITLES[entity.entity_type])
    found = "" if title is None else title.text or ""
    return None if found == name else f"the document's title is {found!r} instead of {name!r}"


def _what_is_left(entity: Entity, item: Item) -> str | None:
    """An entity that is gone, or has no art: neither images nor a list of them."""
    left = _own_originals(entity, item)
    if left:
        return f"these are left: {sorted(left)}"
    file = item.files.get("index.json")
    found = document(item)
    is_empty = found is not None and found["images"] == []
    return None if file is None or is_empty else "an index.json is left"


def _image(row: dict[str, Any]) -> Image:
    return Image(
        id=row["id"],
        suffix=row["suffix"],
        approved=row["approved"],
        front=row["is_front"],
        back=row["is_back"],
        comment=row["comment"],
        edit=row["edit"],
        types=tuple(row["types"]),
    )
