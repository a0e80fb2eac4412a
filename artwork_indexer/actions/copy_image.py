"""``copy_image``: bring an image to the item of the entity it was moved to."""

from __future__ import annotations

from artwork_indexer.actions.context import Context, not_yet
from artwork_indexer.actions.index import DARKENED
from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Present
from artwork_indexer.database import query
from artwork_indexer.errors import PermanentError
from artwork_indexer.event_queue import Event
from artwork_indexer.messages import CopyMessage, copy_message
from artwork_indexer.musicbrainz.entities import Entity, state
from artwork_indexer.projects import Project


async def copy_image(context: Context, project: Project, event: Event) -> str | None:
    """Copy on the server's side.

    In a chain of merges the source may itself be on its way: then this event waits.
    """
    message = copy_message(event.message)
    target = await state(context.database, project, message.new_gid)
    if isinstance(target, Entity) and target.darkened:
        return DARKENED
    try:
        await context.s3.copy_image(
            project, message.old_gid, message.new_gid, message.artwork_id, message.suffix
        )
    except PermanentError as error:
        if error.status != 404:
            raise
        return await _missing_source(context, project, event, message, error)
    return None


async def _missing_source(
    context: Context, project: Project, event: Event, message: CopyMessage, error: PermanentError
) -> str:
    """What it means that there is nothing to copy; returns why there is nothing to do, if so.

    Raises:
        NotYet: an earlier copy brings the image to the source.
        PermanentError: the image is neither at the source nor on its way there.
    """
    earlier = await context.database.fetch_one(
        query("image_copies_to"),
        entity_type=project.entity_type,
        image=str(message.artwork_id),
        gid=message.old_gid,
        suffix=message.suffix,
        before=event.id,
        hours=context.settings.copy_wait_hours,
    )
    if earlier is not None and earlier["state"] != "failed":
        raise not_yet(
            context, event, f"The image has not arrived yet; event {earlier['id']} brings it"
        )
    if await _is_at_target(context, message):
        return "already at its new place: nothing copied"
    if earlier is None:
        raise error
    raise PermanentError(
        f"The image is missing ({error}): event {earlier['id']}, which should have brought "
        "it, has failed. Requeue that one first.",
        status=error.status,
    )


async def _is_at_target(context: Context, message: CopyMessage) -> bool:
    """Whether the image stayed where it is to be brought: it was moved away and back again."""
    record = await context.archive.read(names.item(message.new_gid))
    name = names.image(message.new_gid, message.artwork_id, message.suffix)
    return isinstance(record, Present) and name in record.files
