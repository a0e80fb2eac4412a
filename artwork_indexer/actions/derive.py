"""``derive``: ask the Internet Archive for thumbnails that it has not made."""

from __future__ import annotations

from collections.abc import Iterable

from artwork_indexer.actions.context import Context, not_yet
from artwork_indexer.actions.index import DARKENED
from artwork_indexer.actions.own_item import own_item
from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Files
from artwork_indexer.errors import PermanentError
from artwork_indexer.event_queue import Event
from artwork_indexer.index_json import Image
from artwork_indexer.messages import entity_message
from artwork_indexer.musicbrainz.entities import listing
from artwork_indexer.projects import Project

NOT_LIVE = "not in MusicBrainz under this MBID: no thumbnails asked for"
COMPLETE = "no thumbnail is missing: none asked for"


async def derive(context: Context, project: Project, event: Event) -> str | None:
    """Submit one task, unless thumbnails are there or already on their way."""
    gid = entity_message(event.message).gid
    listed = await listing(context.database, project, gid)
    if listed is None:
        return NOT_LIVE
    if listed.darkened:
        return DARKENED
    record = await own_item(context, project, event, gid)
    if not any(missing_thumbnails(gid, listed.images, record.files)):
        return COMPLETE
    item = names.item(gid)
    tasks = await context.tasks.summary(project, item)
    if tasks.error:
        raise PermanentError(
            f"No thumbnails asked for: a task of {item} stopped in error, and what comes after "
            "it waits. The staff of the Internet Archive have to look."
        )
    if tasks.queued or tasks.running or tasks.paused:
        raise not_yet(context, event, f"{item} has unfinished tasks, which may make thumbnails")
    await context.tasks.derive(project, item)
    return None


def missing_thumbnails(gid: str, images: Iterable[Image], files: Files) -> Iterable[str]:
    """The thumbnails that an item lacks although it has their originals."""
    return (
        name
        for image in images
        if names.image(gid, image.id, image.suffix) in files
        for size in names.THUMBNAIL_SIZES
        if (name := names.thumbnail(gid, image.id, size)) not in files
    )
