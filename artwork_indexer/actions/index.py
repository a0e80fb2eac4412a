"""``index``: write index.json and the web service's document of an entity."""

from __future__ import annotations

from artwork_indexer.actions.context import AUDIT, Context
from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Files, Present
from artwork_indexer.errors import NotYet
from artwork_indexer.event_queue import Event
from artwork_indexer.index_json import build, serialize
from artwork_indexer.messages import entity_message
from artwork_indexer.musicbrainz.entities import Gone, Merged, State, listing, state
from artwork_indexer.musicbrainz.webservice import Elsewhere
from artwork_indexer.projects import Project

NO_WEB_SERVICE_SECONDS = 3600.0
DARKENED = "darkened in MusicBrainz: nothing written"
ALREADY_RIGHT = "the item holds the same files already: nothing written"


async def index(context: Context, project: Project, event: Event) -> str | None:
    """Resolve the entity first; only one that is alive and itself is written.

    The images are read after the document, right before they are written, so that the
    newest edit gets in.
    """
    gid = entity_message(event.message).gid
    remark = unwritable(await state(context.database, project, gid))
    if remark is not None:
        return remark
    if context.webservice is None:
        raise NotYet(
            "There is no web service to ask for the document: set [musicbrainz] url.",
            seconds=NO_WEB_SERVICE_SECONDS,
        )
    context.s3.require_keys(project)
    document = await context.webservice.fetch(project, gid)
    if isinstance(document, Elsewhere):
        return f"{document.reason}, says the web service: nothing written"
    stored = await _stored_files(context, gid) if event.origin == AUDIT else None
    listed = await listing(context.database, project, gid)
    if listed is None:
        return "merged or deleted in the meantime: nothing written"
    if listed.darkened:
        return DARKENED
    index_json = serialize(build(project, gid, listed.images))
    has_index = _holds(stored, names.INDEX_JSON, index_json)
    has_document = _holds(stored, names.metadata_xml(gid), document.body)
    if not has_index:
        await context.s3.put_index(project, gid, index_json)
    if not has_document:
        await context.s3.put_metadata_xml(project, gid, document.body)
    return ALREADY_RIGHT if has_index and has_document else None


async def _stored_files(context: Context, gid: str) -> Files | None:
    """What the item holds, if that is certain.

    Only a repair is spared its writes: whoever edits, or asks by hand, gets them.
    """
    record = await context.archive.read(names.item(gid))
    return record.files if isinstance(record, Present) and not record.tasks_pending else None


def _holds(stored: Files | None, name: str, body: bytes) -> bool:
    """Whether exactly these bytes are stored under a name."""
    return stored is not None and name in stored and stored[name].holds(body)


def unwritable(found: State) -> str | None:
    """Why the item of an entity must not be written, if so."""
    if isinstance(found, Gone):
        return "not in MusicBrainz: nothing written"
    if isinstance(found, Merged):
        return f"merged into {found.gid}: nothing written"
    return DARKENED if found.darkened else None
