"""Running the idle step beside the loop, so that no event waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg

from artwork_indexer.database_trouble import summary
from artwork_indexer.engine import Engine
from artwork_indexer.errors import ArtworkIndexerError

log = logging.getLogger(__name__)


class IdleWork:
    """At most one idle step at a time; ``wake`` is called when one has ended."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.task: asyncio.Task[bool] | None = None
        """The step under way."""
        self._found_nothing = False
        self.engine: Engine | None = None
        """Whose step is running."""
        self.was_productive = False
        """Whether the last step found something to do."""

    def begin(self, engine: Engine) -> bool:
        """Make sure that a step is under way; False if there is none to begin.

        After a step that found nothing one call begins none, so that the loop can rest.
        """
        if self.task is not None:
            return True
        if engine.idle_step is None or self._found_nothing:
            self._found_nothing = self.was_productive = False
            return False
        self.engine = engine
        self.task = asyncio.create_task(engine.idle_step.step(), name="idle step")
        self.task.add_done_callback(self._ended)
        return True

    def forget(self) -> None:
        """There was other work meanwhile: what the last step found no longer counts."""
        self._found_nothing = False

    def cancel(self) -> None:
        """End the running step now."""
        if self.task is not None:
            self.task.cancel()

    def _ended(self, task: asyncio.Task[bool]) -> None:
        self.task = None
        self.engine = None
        self.was_productive = False
        if not task.cancelled():
            error = task.exception()
            if error is None:
                self.was_productive = task.result()
            elif isinstance(error, ArtworkIndexerError | psycopg.Error):
                log.warning("idle step: %s", summary(error), extra={"action": "idle_step"})
            else:
                log.error(
                    "idle step: unexpected error", exc_info=error, extra={"action": "idle_step"}
                )
        self._found_nothing = not self.was_productive
        self._wake()
