"""Puts the pieces together: from a configuration to an engine for the daemon."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from artwork_indexer import remotes
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.engine import Engine, EngineSettings
from artwork_indexer.event_queue import EventQueue, QueueSettings
from artwork_indexer.handlers import Handlers
from artwork_indexer.http import Observer as HttpObserver
from artwork_indexer.observer import Observer
from audit.auditor import Auditor
from audit.queue import AuditQueue
from audit.rules import Rules

SPARE_CONNECTIONS = 4
"""Beside one for each event in work: the loop, the leases, a health check, the audit."""
READING_CONNECTIONS = 2
"""The audit asks a replica for one thing at a time, and now and then for owners."""


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
        audits = AuditQueue(database, worker, config.audit, repairs=False)
        # The end of an event sets the time of an audit, whoever audits, and when.
        await audits.write_settings()
        auditor = None
        if config.audit.enabled:
            auditor = Auditor(
                Rules(config),
                primary=database,
                reads=await stack.enter_async_context(audit_reads(config, database, worker)),
                remotes=connected,
                queue=audits,
                events=queue,
                observer=observer,
            )
            stack.push_async_callback(auditor.close)
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
            idle_step=auditor,
        )


@asynccontextmanager
async def audit_reads(config: Config, primary: Database, worker: str) -> AsyncIterator[Database]:
    """Where the audit reads MusicBrainz: a replica if there is one."""
    if config.database_readonly is None:
        yield primary
        return
    replica = Database(
        config.database_readonly.conninfo(),
        size=READING_CONNECTIONS,
        prepared=False,
        name=f"artwork-indexer audit {worker}",
    )
    async with replica:
        yield replica


def queue_settings(config: Config) -> QueueSettings:
    """What the queue has to know of the configuration."""
    return QueueSettings(
        max_attempts=config.indexer.max_attempts,
        index_delay_seconds=config.indexer.index_delay_seconds,
        has_web_service=bool(config.musicbrainz.url),
    )
