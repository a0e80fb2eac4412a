"""``deindex``: remove the index.json of an entity that has no art any more."""

from __future__ import annotations

from artwork_indexer.actions.context import AUDIT, Context, is_taken_back, require_parents
from artwork_indexer.actions.index import DARKENED
from artwork_indexer.errors import PermanentError
from artwork_indexer.event_queue import Event
from artwork_indexer.messages import entity_message
from artwork_indexer.musicbrainz.entities import Entity, state
from artwork_indexer.projects import Project


async def deindex(context: Context, project: Project, event: Event) -> str | None:
    """Delete index.json; the document of the web service stays."""
    gid = entity_message(event.message).gid
    require_parents(event)
    entity = await state(context.database, project, gid)
    if isinstance(entity, Entity):
        if entity.darkened:
            return DARKENED
        if entity.has_art and is_taken_back(event):
            return "the entity has art again: nothing removed"
        if entity.has_art and (context.settings.verify_copies or event.origin == AUDIT):
            raise PermanentError(
                f"Not deindexed: the {project.entity_type} {gid} is in MusicBrainz and has art."
            )
    await context.s3.delete_index(project, gid)
    return None
