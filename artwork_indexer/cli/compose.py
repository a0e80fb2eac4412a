"""Puts the pieces together: from a configuration to an engine for the daemon."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import AsyncExitStack

from artwork_indexer import remotes
from artwork_indexer.audit_settings import write_settings
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.engine import Engine, EngineSettings
from artwork_indexer.event_queue import EventQueue, QueueSettings
from artwork_indexer.handlers import Handlers
from artwork_indexer.http import Observer as HttpObserver
from artwork_indexer.observer import Observer

SPARE_CONNECTIONS = 4
"""Beside one for each event in work: the loop, the leases, a health check, the audit."""


def worker_name() -> str:
    """Unique for each process, and telling for people: host, process, a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


async def open_engine(
    config: Config, *, worker: str, observer: Observer, http_observer: HttpObserver | None
) -> Engine:
    """Open what one configuration needs; ``Engine.close`` closes it again."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            Database(
                config.database.conninfo(),
                size=config.indexer.concurrency + SPARE_CONNECTIONS,
                # Behind a pooler that auto has yet to find, prepared statements would fail.
                prepared=config.indexer.listen == "yes",
                name=f"artwork-indexer {worker}",
            )
        )
        connected = await stack.enter_async_context(remotes.connect(config, http_observer))
        queue = EventQueue(database, worker, queue_settings(config))
        await write_settings(database, config.audit)
        idle_step = None
        if config.audit.enabled:
            from artwork_indexer.cli.compose_audit import auditing  # noqa: PLC0415  (see there)

            idle_step = await stack.enter_async_context(
                auditing(
                    config,
                    worker=worker,
                    database=database,
                    connected=connected,
                    events=queue,
                    observer=observer,
                )
            )
        return Engine(
            settings=EngineSettings(
                concurrency=config.indexer.concurrency,
                event_timeout_seconds=config.indexer.event_timeout_seconds,
                listen=config.indexer.listen,
            ),
            conninfo=config.database.conninfo(),
            database=database,
            queue=queue,
            handle=Handlers.of(config, database, connected).handle,
            close=stack.pop_all().aclose,
            idle_step=idle_step,
        )


def queue_settings(config: Config) -> QueueSettings:
    """What the queue has to know of the configuration."""
    return QueueSettings(
        max_attempts=config.indexer.max_attempts,
        index_delay_seconds=config.indexer.index_delay_seconds,
        has_web_service=bool(config.musicbrainz.url),
    )
