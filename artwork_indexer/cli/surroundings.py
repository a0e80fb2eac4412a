"""What stands around the daemon: log, metrics and health pages, Sentry, service manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.observability import logging
from artwork_indexer.observability.health import Health, StatusServer, schema_problem
from artwork_indexer.observability.metrics import Metrics
from artwork_indexer.observability.scrubbing import Scrubber
from artwork_indexer.observability.sentry import Sentry
from artwork_indexer.observability.systemd import Systemd
from artwork_indexer.observer import Observer, Observers


class Surroundings:
    """Everything that watches the daemon; ``observer`` is how it is told.

    ``scrubber`` must know the secrets of a configuration before anything is logged about it.
    """

    def __init__(self, config: Config, scrubber: Scrubber, environ: Mapping[str, str]) -> None:
        self._config = config
        self._scrubber = scrubber
        self._database: Database | None = None
        self.metrics = Metrics(lambda: self._database)
        health = Health(self._database_problem)
        self._server = StatusServer(health, self.metrics.page)
        self._sentry = Sentry(config.sentry.dsn, scrubber)
        self._systemd = Systemd(environ)
        self.observer: Observer = Observers(self.metrics, health, self._sentry, self._systemd)

    async def _database_problem(self) -> str | None:
        if self._database is None:
            return "not connected to the database yet"
        return await schema_problem(self._database)

    async def __aenter__(self) -> Self:
        await self._systemd.__aenter__()
        await self._server.serve(self._config.metrics.host, self._config.metrics.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()
        await self._sentry.close()
        await self._systemd.__aexit__()

    async def follow(self, config: Config, database: Database) -> None:
        """Use this configuration and database from now on."""
        self._database = database
        self._config = config
        logging.start(config.logging, self._scrubber)
        await self._sentry.use(config.sentry.dsn)
        await self._server.serve(config.metrics.host, config.metrics.port)
