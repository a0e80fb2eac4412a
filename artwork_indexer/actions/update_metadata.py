"""``update_metadata``: put collection, noindex and mediatype of an item right."""

from __future__ import annotations

from artwork_indexer.actions.context import Context
from artwork_indexer.actions.index import unwritable
from artwork_indexer.actions.own_item import own_item
from artwork_indexer.archive.metadata import Present
from artwork_indexer.archive.metadata_write import MEDIATYPE, patch, wrong_fields
from artwork_indexer.event_queue import Event
from artwork_indexer.messages import entity_message
from artwork_indexer.musicbrainz.entities import state
from artwork_indexer.projects import Project

ALREADY_RIGHT = "the item's metadata is right already: nothing written"


async def update_metadata(context: Context, project: Project, event: Event) -> str | None:
    """Patch what is wrong and nothing else.

    The mediatype goes by itself and last: owners are usually refused it, and one refused
    operation takes the whole patch with it.
    """
    gid = entity_message(event.message).gid
    remark = unwritable(await state(context.database, project, gid))
    if remark is not None:
        return remark
    record = await own_item(context, project, event, gid)
    wrong = wrong_fields(project, record)
    plain = tuple(field for field in wrong if field != MEDIATYPE)
    changed = await _write(context, project, gid, record, plain)
    if MEDIATYPE in wrong:
        changed |= await _write(context, project, gid, record, (MEDIATYPE,))
    return None if changed else ALREADY_RIGHT


async def _write(
    context: Context, project: Project, gid: str, record: Present, fields: tuple[str, ...]
) -> bool:
    """Whether that changed anything."""
    if not fields:
        return False
    return await context.metadata.write(project, gid, patch(project, record, fields))
