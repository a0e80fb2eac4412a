"""Fixtures: the actions on a real database, against a scripted outside world."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from artwork_indexer.actions.context import ActionSettings, Context
from artwork_indexer.archive.metadata import Archive
from artwork_indexer.archive.metadata_write import MetadataWriter
from artwork_indexer.archive.s3 import S3
from artwork_indexer.archive.tasks import Tasks
from artwork_indexer.database import Database
from artwork_indexer.gate import Gate
from artwork_indexer.handlers import Handlers
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.musicbrainz.webservice import WebService
from tests.handlers_fixtures import DEFAULTS, KEYS, NOW, ROWS, Art, MakeStage, Outside, Stage


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    served = Outside()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.serve)
    async with TestServer(app) as server:
        served.url = f"http://{server.host}:{server.port}"
        yield served


@pytest.fixture
async def make_stage(database_url: str, outside: Outside) -> AsyncIterator[MakeStage]:
    """Make a stage with settings and keys of its own."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(ROWS.encode())
        async with (
            Database(database_url, size=2, prepared=True, name="test") as database,
            HttpClient("test") as client,
        ):

            def make(
                keys: dict[str, str] = KEYS,
                settings: ActionSettings = DEFAULTS,
                *,
                web_service: bool = True,
            ) -> Stage:
                service = Service(client, Gate("archive"))
                s3 = S3(
                    service,
                    outside.url + "/{bucket}/{file}",
                    lambda project: keys.get(project.abbreviation),
                )
                metadata_url = outside.url + "/metadata/{item}"
                context = Context(
                    database=database,
                    s3=s3,
                    metadata=MetadataWriter(service, metadata_url, s3.require_keys),
                    tasks=Tasks(service, outside.url + "/tasks", s3.require_keys),
                    archive=Archive(
                        service,
                        metadata_url=metadata_url,
                        details_url=outside.url + "/details/{item}",
                    ),
                    webservice=WebService(Service(client, Gate("musicbrainz")), outside.url)
                    if web_service
                    else None,
                    settings=settings,
                    now=lambda: NOW,
                )
                return Stage(Handlers(context), Art(connection), outside)

            yield make


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """A stage with the default settings."""
    return make_stage()
