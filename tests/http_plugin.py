"""Fixtures: scripted HTTP servers, and the client under test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from artwork_indexer.http import HttpClient, user_agent
from tests.http_fixtures import Script


async def _serve(script: Script) -> AsyncIterator[Script]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.serve)
    async with TestServer(app) as server:
        script.url = f"http://{server.host}:{server.port}"
        yield script


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    async for served in _serve(Script()):
        yield served


@pytest.fixture
async def foreign_script() -> AsyncIterator[Script]:
    """A server of another origin."""
    async for served in _serve(Script()):
        yield served


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    """With the time limits of the program: a machine that stands still reaches shorter ones."""
    async with HttpClient(user_agent("ops@example.org")) as opened:
        yield opened
