"""The item of an entity, as far as it is there and ours to change."""

from __future__ import annotations

from artwork_indexer.actions.context import Context, not_yet
from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Dark, EmptyAnswer, Present
from artwork_indexer.errors import PermanentError
from artwork_indexer.event_queue import Event
from artwork_indexer.projects import Project


async def own_item(context: Context, project: Project, event: Event, gid: str) -> Present:
    """The record of an item that an event wants to change.

    Raises:
        PermanentError: it is dark, missing, or belongs to somebody else.
        EventError: it cannot be read, or is not there yet.
    """
    item = names.item(gid)
    record = await context.archive.read(item)
    if isinstance(record, Dark):
        raise PermanentError(f"Nothing changed: {item} was taken offline. A review is needed.")
    if isinstance(record, EmptyAnswer):
        if await context.archive.is_missing(item):
            raise PermanentError(f"Nothing changed: there is no item {item}. Index it first.")
        raise not_yet(context, event, f"The Internet Archive has no record of {item} yet")
    allowed = {project.uploader, *context.settings.uploaders}
    if (record.uploader or "").casefold() not in {account.casefold() for account in allowed}:
        raise PermanentError(
            f"Nothing changed: {item} belongs to {record.uploader or 'nobody known'}, which is "
            f"not an account of the {project.name}. If it is one, name it in [archive] uploaders."
        )
    return record
