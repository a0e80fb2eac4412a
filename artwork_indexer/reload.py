"""Reading the configuration again: all of it is taken over, or nothing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from artwork_indexer.config import Config, differences
from artwork_indexer.engine import Engine
from artwork_indexer.projects import PROJECTS

log = logging.getLogger(__name__)


class Reloader:
    """Makes the next engine from what ``load`` returns at that time.

    ``load`` reads and validates the files really given; ``assemble`` builds an engine.
    """

    def __init__(
        self,
        config: Config,
        *,
        load: Callable[[], Config],
        assemble: Callable[[Config], Awaitable[Engine]],
    ) -> None:
        self.config = config
        self._load = load
        self._assemble = assemble

    async def __call__(self, engine: Engine) -> Engine:
        """The engine to go on with; the same one when nothing changed.

        Raises:
            ConfigurationError: the new configuration is not valid.
            Unreachable, psycopg.Error: its database cannot be used.
        """
        config = self._load()
        changes = differences(self.config, config)
        if not changes:
            log.info("reloaded: nothing changed", extra={"action": "reload"})
            return engine
        new = await self._assemble(config)
        try:
            await self._lift_pauses(new, config)
        except BaseException:
            await new.close()
            raise
        self.config = config
        for warning in config.warnings:
            log.warning("%s", warning, extra={"action": "reload"})
        log.info("reloaded: %s", "; ".join(changes), extra={"action": "reload"})
        return new

    async def _lift_pauses(self, new: Engine, config: Config) -> None:
        """New keys deserve a new try. Also shows that the database can be used."""
        await new.queue.next_due()
        for project in PROJECTS:
            if self.config.s3.authorization(project) != config.s3.authorization(project):
                await new.queue.resume_service(project.keys_service)
