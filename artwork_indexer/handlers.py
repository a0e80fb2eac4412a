"""What each event does: the way from a claimed event to its action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Self

from artwork_indexer.actions.context import ActionSettings, Context
from artwork_indexer.actions.copy_image import copy_image
from artwork_indexer.actions.deindex import deindex
from artwork_indexer.actions.delete_image import delete_image
from artwork_indexer.actions.derive import derive
from artwork_indexer.actions.index import index
from artwork_indexer.actions.noop import noop
from artwork_indexer.actions.update_metadata import update_metadata
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.event_queue import Action, Event
from artwork_indexer.projects import BY_ENTITY_TYPE, Project
from artwork_indexer.remotes import Remotes

ACTIONS: Final[Mapping[Action, Callable[[Context, Project, Event], Awaitable[str | None]]]] = {
    Action.INDEX: index,
    Action.COPY_IMAGE: copy_image,
    Action.DELETE_IMAGE: delete_image,
    Action.DEINDEX: deindex,
    Action.UPDATE_METADATA: update_metadata,
    Action.DERIVE: derive,
}
"""All but ``noop``, which needs nothing of this."""


class Handlers:
    """Does what events ask for, with the services and settings of one configuration."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @classmethod
    def of(cls, config: Config, database: Database, remotes: Remotes) -> Self:
        """The handlers of a configuration; ``database`` is the primary."""
        indexer = config.indexer
        return cls(
            Context(
                database=database,
                s3=remotes.s3,
                archive=remotes.archive,
                metadata=remotes.metadata,
                tasks=remotes.tasks,
                webservice=remotes.webservice,
                settings=ActionSettings(
                    verify_copies=indexer.verify_copies,
                    copy_wait_hours=indexer.copy_wait_hours,
                    uploaders=config.archive.uploaders,
                ),
            )
        )

    async def handle(self, event: Event) -> str | None:
        """Do what an event asks for; returns why nothing was written, if nothing was.

        Raises:
            EventError: its class says what becomes of the event.
            psycopg.Error, Unreachable: the database has trouble; nothing was decided.
        """
        project = BY_ENTITY_TYPE[event.entity_type]
        if event.action is Action.NOOP:
            await noop(event)
            return None
        return await ACTIONS[event.action](self._context, project, event)
