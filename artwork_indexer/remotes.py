"""The outside services as one configuration describes them, ready to use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from artwork_indexer.archive.download import Downloads
from artwork_indexer.archive.metadata import Archive
from artwork_indexer.archive.metadata_write import MetadataWriter
from artwork_indexer.archive.s3 import S3
from artwork_indexer.archive.tasks import Tasks
from artwork_indexer.config import Config
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Observer, Service, user_agent
from artwork_indexer.musicbrainz.webservice import WebService
from artwork_indexer.redirects import Redirects
from artwork_indexer.services import ARCHIVE, MUSICBRAINZ


@dataclass(frozen=True, slots=True)
class Remotes:
    """``reads`` and ``writes`` have limits of their own, but one gate: it is one machine park.

    ``webservice`` is None if none is configured.
    """

    reads: Service
    writes: Service
    s3: S3
    archive: Archive
    downloads: Downloads
    metadata: MetadataWriter
    tasks: Tasks
    webservice: WebService | None


@asynccontextmanager
async def connect(config: Config, observer: Observer | None = None) -> AsyncIterator[Remotes]:
    """Open the HTTP session for the length of the block."""
    agent = user_agent(config.archive.contact)
    async with HttpClient(agent, observer=observer) as client:
        reads, writes = _archive_services(client, config)
        s3 = S3(writes, config.s3.url, config.s3.authorization)
        yield Remotes(
            reads=reads,
            writes=writes,
            s3=s3,
            archive=Archive(
                reads,
                metadata_url=config.archive.metadata_url,
                details_url=config.archive.details_url,
            ),
            downloads=Downloads(reads, config.archive.download_url),
            metadata=MetadataWriter(writes, config.archive.metadata_url, s3.require_keys),
            tasks=Tasks(writes, config.archive.tasks_url, s3.require_keys),
            webservice=_web_service(client, config),
        )


def _archive_services(client: HttpClient, config: Config) -> tuple[Service, Service]:
    archive = config.archive
    gate = Gate(ARCHIVE, pause_seconds=archive.pause_seconds)
    redirects = Redirects(
        (
            config.s3.url,
            archive.metadata_url,
            archive.download_url,
            archive.details_url,
            archive.search_url,
            archive.changes_url,
            archive.tasks_url,
        )
    )
    reads = Service(
        client,
        gate,
        rate=archive.requests_per_second,
        concurrency=archive.concurrency,
        pause_seconds=archive.pause_seconds,
        redirects=redirects,
    )
    writes = Service(
        client,
        gate,
        rate=config.s3.requests_per_second,
        pause_seconds=archive.pause_seconds,
        redirects=redirects,
    )
    return reads, writes


def _web_service(client: HttpClient, config: Config) -> WebService | None:
    musicbrainz = config.musicbrainz
    if not musicbrainz.url:
        return None
    service = Service(
        client,
        Gate(MUSICBRAINZ, pause_seconds=config.archive.pause_seconds),
        rate=musicbrainz.requests_per_second,
        pause_seconds=config.archive.pause_seconds,
    )
    return WebService(service, musicbrainz.url, set_database=musicbrainz.database)
