"""A healthy archive made from a MusicBrainz database, and both stand-ins at one address."""

from __future__ import annotations

import configparser
import json
import os
import re
import signal
import subprocess
import sys

import aiohttp
import psycopg
import pytest

from artwork_indexer.index_json import Image
from artwork_indexer.projects import CAA
from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.internet_archive.populate import healthy_item
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService
from tests.archive_standin_fixtures import GID, ITEM, XML


@pytest.fixture
async def filled_url(musicbrainz_url: str) -> str:
    async with await psycopg.AsyncConnection.connect(musicbrainz_url) as connection:
        await world.build(connection, releases=60, events=10)
    return musicbrainz_url


async def get(url: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.read()


async def test_every_entity_with_art_has_a_healthy_item(filled_url: str) -> None:
    archive = Archive()
    count = await populated(archive, filled_url)
    assert count == len(archive.items) > 20
    collections = {str(item.metadata["collection"]) for item in archive.items.values()}
    assert collections == {"coverartarchive", "eventartarchive"}
    assert any(item.dark for item in archive.items.values())
    for item in archive.items.values():
        assert "fail-reasons" not in item.metadata
        thumbnails = [name for name in item.files if name.endswith("_thumb250.jpg")]
        assert thumbnails or item.dark


async def test_item_of_a_release_is_what_the_indexer_would_write(filled_url: str) -> None:
    archive = Archive()
    await populated(archive, filled_url)
    item = next(i for i in archive.items.values() if "coverart" in str(i.metadata["collection"]))
    gid = item.identifier.removeprefix("mbid-")
    async with serving(archive, WebService(filled_url)) as url:
        index = json.loads(await get(f"{url}/download/{item.identifier}/index.json"))
        assert index["release"] == f"https://musicbrainz.org/release/{gid}"
        document = await get(f"{url}/ws/2/release/{gid}?inc=artists")
        stored = item.files[f"{item.identifier}_mb_metadata.xml"].content.read()
        assert document == stored


async def test_without_a_web_service_ws2_is_unavailable() -> None:
    async with serving(Archive()) as url, aiohttp.ClientSession() as session:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        async with session.get(f"{url}/ws/2/release/{GID}") as answer:
            assert answer.status == 503
        async with session.get(f"{url}/metadata/{ITEM}") as answer:
            assert answer.status == 200


def test_dates_follow_from_the_image_id() -> None:
    image = Image(829521842, "jpg", True, True, False, "", 1, ("Front",))
    item = healthy_item(Archive(), CAA, GID, [image], XML)
    assert item.metadata["publicdate"] == "2012-04-30 22:15:23"
    assert item.last_updated < 1335824200


def test_config_text_is_complete() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(config_text("http://127.0.0.1:1", "host=/tmp dbname=a password='b%c'"))
    assert dict(parser["database"]) == {"host": "/tmp", "dbname": "a", "password": "b%c"}
    assert parser["s3"]["url"] == "http://127.0.0.1:1/s3/{bucket}/{file}"
    assert parser["musicbrainz"]["requests_per_second"] == ""


@pytest.mark.slow
def test_serve_command_runs_until_it_is_told_to_stop(filled_url: str) -> None:
    program = "from artwork_indexer.cli.sandbox import sandbox; sandbox()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--database", filled_url],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert re.search(r"Serving \d+ items at http://127\.0\.0\.1:\d+", first)
    assert "[s3]" in rest
    assert process.returncode == 0
