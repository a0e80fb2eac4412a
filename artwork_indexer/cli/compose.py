"""Puts the pieces together: from a configuration to an engine for the daemon."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import AsyncExitStack

from artwork_indexer.actions.context import ActionSettings, Context
from artwork_indexer.archive.metadata import Archive
from artwork_indexer.archive.s3 import S3
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.engine import Engine, EngineSettings
from artwork_indexer.event_queue import EventQueue, QueueSettings
from artwork_indexer.gate import Gate
from artwork_indexer.handlers import Handlers
from artwork_indexer.http import HttpClient, Observer, Service, user_agent
from artwork_indexer.musicbrainz.webservice import WebService
from artwork_indexer.redirects import Redirects
from artwork_indexer.services import ARCHIVE, MUSICBRAINZ

SPARE_CONNECTIONS = 3
"""Beside one for each event in work: the loop, the leases, a health check."""


def worker_name() -> str:
    """Unique for each process, and telling for people: host, process, a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


def archive_gate(config: Config) -> Gate:
    """The gate before the Internet Archive, common to reads and writes."""
    return Gate(ARCHIVE, pause_seconds=config.archive.pause_seconds)


async def open_engine(config: Config, *, worker: str, http_observer: Observer | None) -> Engine:
    """Open what one configuration needs; ``Engine.close`` closes it again."""
    stack = AsyncExitStack()
    database = await stack.enter_async_context(
        Database(
            config.database.conninfo(),
            size=config.indexer.concurrency + SPARE_CONNECTIONS,
            prepared=config.indexer.listen == "yes",
            name=f"artwork-indexer {worker}",
        )
    )
    client = await stack.enter_async_context(
        HttpClient(user_agent(config.archive.contact), observer=http_observer)
    )
    queue = EventQueue(
        database,
        worker,
        QueueSettings(
            max_attempts=config.indexer.max_attempts,
            index_delay_seconds=config.indexer.index_delay_seconds,
            has_web_service=bool(config.musicbrainz.url),
        ),
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
        handle=Handlers(context(config, client, database)).handle,
        close=stack.aclose,
    )


def context(config: Config, client: HttpClient, database: Database) -> Context:
    """The services that the actions work with."""
    gate = archive_gate(config)
    redirects = Redirects(
        [
            config.s3.url,
            config.archive.metadata_url,
            config.archive.download_url,
            config.archive.details_url,
        ]
    )
    writes = Service(
        client,
        gate,
        rate=config.s3.requests_per_second,
        pause_seconds=config.archive.pause_seconds,
        redirects=redirects,
    )
    reads = Service(
        client,
        gate,
        rate=config.archive.requests_per_second,
        concurrency=config.archive.concurrency,
        pause_seconds=config.archive.pause_seconds,
        redirects=redirects,
    )
    return Context(
        database=database,
        s3=S3(writes, config.s3.url, config.s3.authorization),
        archive=Archive(
            reads,
            metadata_url=config.archive.metadata_url,
            details_url=config.archive.details_url,
        ),
        webservice=webservice(config, client),
        settings=ActionSettings(
            verify_copies=config.indexer.verify_copies,
            copy_wait_hours=config.indexer.copy_wait_hours,
        ),
    )


def webservice(config: Config, client: HttpClient) -> WebService | None:
    """The MusicBrainz web service, if there is one."""
    if not config.musicbrainz.url:
        return None
    return WebService(
        Service(client, Gate(MUSICBRAINZ), rate=config.musicbrainz.requests_per_second),
        config.musicbrainz.url,
        set_database=config.musicbrainz.database,
    )
