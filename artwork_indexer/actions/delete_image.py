"""``delete_image``: remove an image, but never the last copy of one that is still wanted.

Who owns the image is asked of the primary database right before the DELETE. If it is
another entity, its item has to show the same bytes first.
"""

from __future__ import annotations

from artwork_indexer.actions.context import (
    AUDIT,
    SHORTEST_WAIT,
    Context,
    is_taken_back,
    not_yet,
    require_parents,
)
from artwork_indexer.actions.index import DARKENED
from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Dark, EmptyAnswer, File, Present
from artwork_indexer.database import query
from artwork_indexer.errors import NotYet, PermanentError
from artwork_indexer.event_queue import Event
from artwork_indexer.messages import DeleteMessage, delete_message
from artwork_indexer.musicbrainz.entities import Entity, Owner, owner, state
from artwork_indexer.projects import Project


async def delete_image(context: Context, project: Project, event: Event) -> str | None:
    """Delete one original and what was derived from it."""
    message = delete_message(event.message)
    require_parents(event)
    await _refuse_while_a_copy_needs_it(context, project, event, message)
    entity = await state(context.database, project, message.gid)
    if isinstance(entity, Entity) and entity.darkened:
        return DARKENED
    if context.settings.verify_copies or event.origin == AUDIT:
        remark = await _verify(context, project, event, message)
        if remark is not None:
            return remark
    else:
        await _refuse_darkened_owner(context, project, message)
    await context.s3.delete_image(project, message.gid, message.artwork_id, message.suffix)
    return None


async def _refuse_while_a_copy_needs_it(
    context: Context, project: Project, event: Event, message: DeleteMessage
) -> None:
    copy = await context.database.fetch_one(
        query("image_copies_from"),
        entity_type=project.entity_type,
        image=str(message.artwork_id),
        gid=message.gid,
        suffix=message.suffix,
        depends_on=list(event.depends_on),
    )
    if copy is not None:
        raise PermanentError(
            f"Not deleted: event {copy['id']} ({copy['state']}) has to copy this image first."
        )


async def _verify(
    context: Context, project: Project, event: Event, message: DeleteMessage
) -> str | None:
    """Make sure that nothing is lost; returns why there is nothing to delete, if so.

    Raises:
        PermanentError: the image must not be deleted.
        NotYet: its copy does not show yet.
        EventError: an item cannot be read.
    """
    owned_by = await owner(context.database, project, message.artwork_id)
    if owned_by is None:
        if event.origin == AUDIT:
            raise PermanentError(
                "Not deleted: nobody in MusicBrainz owns this image, so this may be its last "
                "copy. A review is needed."
            )
        return None
    if owned_by.gid == message.gid:
        if is_taken_back(event):
            return "the image came back: nothing deleted"
        raise PermanentError(
            f"Not deleted: the image still belongs to the {project.entity_type} {message.gid}."
        )
    _refuse_darkened(owned_by)
    remark = await _prove_copy(context, event, message, owned_by)
    # The proof took its time, and it is worth nothing if the image was moved meanwhile.
    if await owner(context.database, project, message.artwork_id) != owned_by:
        raise NotYet("The image was moved while its copy was checked.", seconds=SHORTEST_WAIT)
    return remark


async def _refuse_darkened_owner(
    context: Context, project: Project, message: DeleteMessage
) -> None:
    """Nothing is copied to a darkened entity, so what is here is the last copy."""
    owned_by = await owner(context.database, project, message.artwork_id)
    if owned_by is not None:
        _refuse_darkened(owned_by)


def _refuse_darkened(owned_by: Owner) -> None:
    if owned_by.darkened:
        raise PermanentError(
            f"Not deleted: the image belongs to {owned_by.gid}, which is darkened. "
            "A review is needed."
        )


async def _prove_copy(
    context: Context, event: Event, message: DeleteMessage, owned_by: Owner
) -> str | None:
    source = await _source_file(context, event, message)
    if source is None:
        return "already absent: nothing deleted"
    copy = await _copied_file(context, event, message, owned_by)
    if source.md5 is None or copy.md5 is None or source.size is None or copy.size is None:
        raise not_yet(context, event, f"No checksum of {source.name} or {copy.name} is listed")
    if (source.md5, source.size) != (copy.md5, copy.size):
        raise PermanentError(
            f"Not deleted: {source.name} and {copy.name} have different content. "
            "A review is needed."
        )
    return None


async def _source_file(context: Context, event: Event, message: DeleteMessage) -> File | None:
    """The file to delete, or None if it is surely absent."""
    item = names.item(message.gid)
    record = await context.archive.read(item)
    if isinstance(record, EmptyAnswer):
        if await context.archive.is_missing(item):
            return None
        raise not_yet(context, event, f"The Internet Archive has no record of {item} yet")
    if isinstance(record, Dark):
        raise PermanentError(f"Not deleted: {item} was taken offline. A review is needed.")
    found = record.files.get(names.image(message.gid, message.artwork_id, message.suffix))
    if found is None and record.tasks_pending:
        raise not_yet(context, event, f"{item} has unfinished tasks and may still get the image")
    return found


async def _copied_file(
    context: Context, event: Event, message: DeleteMessage, owned_by: Owner
) -> File:
    """The same image at its owner."""
    item = names.item(owned_by.gid)
    record = await context.archive.read(item)
    if isinstance(record, Dark):
        raise PermanentError(
            f"Not deleted: the image belongs in {item}, which was taken offline. "
            "A review is needed."
        )
    name = names.image(owned_by.gid, message.artwork_id, message.suffix)
    found = None if isinstance(record, EmptyAnswer) else record.files.get(name)
    if found is None:
        raise not_yet(context, event, f"The copy {name} is not listed yet")
    if isinstance(record, Present) and (record.tasks_pending or record.tasks_red):
        # What is listed may be what one of them is about to take away.
        raise not_yet(context, event, f"{item} has unfinished tasks and may still change")
    return found
