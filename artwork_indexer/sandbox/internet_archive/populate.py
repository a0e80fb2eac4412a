"""Fill the stand-in from a MusicBrainz database: every entity with art gets a healthy item."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from artwork_indexer.index_json import Image, build, serialize
from artwork_indexer.projects import BY_ENTITY_TYPE, Project
from artwork_indexer.sandbox.internet_archive.archive import Archive
from artwork_indexer.sandbox.internet_archive.derive import derive
from artwork_indexer.sandbox.internet_archive.item import Item
from artwork_indexer.sandbox.internet_archive.stored_file import Content
from artwork_indexer.sandbox.webservice import KINDS

Render = Callable[[str, str], Awaitable[bytes]]
"""Entity type and MBID to the document that the web service gives."""

_LISTED_ART: Final = (Path(__file__).parent / "listed_art.sql").read_bytes()

# MusicBrainz counts image ids in hundredths of a second from 2012-01-25 22:01:45 UTC
# (lib/MusicBrainz/Server/Data/Role/ArtArchive.pm).
_ID_EPOCH: Final = 1_327_528_905

_FIRST_BYTES: Final = {
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "png": b"\x89PNG\r\n\x1a\n",
    "gif": b"GIF89a",
    "pdf": b"%PDF-1.4\n",
}


def web_service_documents(connection: AsyncConnection[Any]) -> Render:
    """Return a function that renders what the stand-in of the web service would answer."""

    async def render(entity_type: str, gid: str) -> bytes:
        kind = KINDS[entity_type]
        includes = frozenset(BY_ENTITY_TYPE[entity_type].ws_includes.split("+"))
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(kind.query, {"gid": gid})
            row = await cursor.fetchone()
        assert row is not None, f"{entity_type} {gid} is gone"
        (record,) = row.values()
        return kind.render(record, includes)

    return render


async def populate(
    archive: Archive,
    connection: AsyncConnection[Any],
    render: Render | None = None,
    *,
    only: str | None = None,
) -> int:
    """Make a healthy item for each entity with art, or for that of one MBID; return how many.

    Dates follow from the image ids. Items of darkened entities are dark.
    """
    document = render or web_service_documents(connection)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_LISTED_ART, {"gid": only})
        rows = await cursor.fetchall()
    count = 0
    for (entity_type, gid), of_entity in groupby(
        rows, lambda row: (str(row["entity_type"]), str(row["gid"]))
    ):
        entity_rows = list(of_entity)
        project = BY_ENTITY_TYPE[entity_type]
        images = [_image(row) for row in entity_rows]
        item = healthy_item(archive, project, gid, images, await document(entity_type, gid))
        item.dark = entity_rows[0]["darkened"]
        count += 1
    return count


def healthy_item(
    archive: Archive, project: Project, gid: str, images: Sequence[Image], document: bytes
) -> Item:
    """Make the item of one entity as the indexer and the derive step leave it."""
    now = archive.clock.now()
    moments = [min(image.id / 100 + _ID_EPOCH, now) for image in images]
    item = archive.create(
        f"mbid-{gid}",
        project.uploader,
        {"collection": project.collection, "mediatype": "image", "noindex": "true"},
        created=min(moments, default=now),
    )
    for image, moment in zip(images, moments, strict=True):
        item.put(f"mbid-{gid}-{image.id}.{image.suffix}", original_bytes(image), moment + 5)
    last = max(moments, default=now)
    index = serialize(build(project, gid, images))
    item.put("index.json", Content.of(index), last + 10)
    item.put(f"mbid-{gid}_mb_metadata.xml", Content.of(document), last + 14)
    derive(item, last + 60)
    return item


def original_bytes(image: Image) -> Content:
    """Return the bytes of an image: made up, but always the same for one id."""
    return Content.of(_FIRST_BYTES[image.suffix] + b"image %d" % image.id)


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
