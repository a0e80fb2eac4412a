"""Puts the audit together; imported only where it is enabled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.event_queue import EventQueue
from artwork_indexer.observer import Observer
from artwork_indexer.remotes import Remotes
from audit.auditor import Auditor
from audit.queue import AuditQueue
from audit.rules import Rules

READING_CONNECTIONS = 2
"""The audit asks a replica for one thing at a time, and now and then for owners."""


@asynccontextmanager
async def auditing(
    config: Config,
    *,
    worker: str,
    database: Database,
    connected: Remotes,
    events: EventQueue,
    observer: Observer,
) -> AsyncIterator[Auditor]:
    """The idle step of one configuration; at the end its last verdicts are written."""
    async with _reading(config, database, worker) as reads:
        auditor = Auditor(
            Rules(config),
            primary=database,
            reads=reads,
            remotes=connected,
            queue=AuditQueue(database, worker, config.audit, repairs=False),
            events=events,
            observer=observer,
        )
        try:
            yield auditor
        finally:
            await auditor.close()


@asynccontextmanager
async def _reading(config: Config, primary: Database, worker: str) -> AsyncIterator[Database]:
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
