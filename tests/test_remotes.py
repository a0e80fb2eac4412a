"""From a configuration file to requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from artwork_indexer.archive.metadata import EmptyAnswer
from artwork_indexer.config import Config, load
from artwork_indexer.errors import Overloaded
from artwork_indexer.projects import CAA
from artwork_indexer.remotes import connect
from tests.http_fixtures import Script, say

pytest_plugins = ["tests.http_plugin"]

GID = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"


def config(directory: Path, script: Script, musicbrainz: str) -> Config:
    path = directory / "config.ini"
    path.write_text(
        f"""
[musicbrainz]
url = {musicbrainz}
database = TEST
requests_per_second =
[database]
dbname = x
[s3]
url = {script.url}/{{bucket}}/{{file}}
caa_access = user
caa_secret = 100%secret
requests_per_second =
[archive]
metadata_url = {script.url}/metadata/{{item}}
details_url = {script.url}/details/{{item}}
contact = ops@example.org
pause_seconds = 17
requests_per_second =
"""
    )
    return load(path, {})


async def test_everything_is_wired(tmp_path: Path, script: Script) -> None:
    script.then(say(404, b"<error><text>Not Found</text></error>"), say(200), say(200, b"{}"))
    async with connect(config(tmp_path, script, script.url)) as remotes:
        assert remotes.webservice is not None
        await remotes.webservice.fetch(CAA, GID)
        await remotes.s3.delete_index(CAA, GID)
        assert await remotes.archive.read("x") == EmptyAnswer()
    first, second, third = script.journal
    assert first.header("mb-set-database") == "TEST"
    assert second.header("authorization") == "LOW user:100%secret"
    assert third.path == "/metadata/x"
    assert "ops@example.org" in (third.header("user-agent") or "")


async def test_reads_and_writes_share_one_gate(tmp_path: Path, script: Script) -> None:
    script.then(say(429))
    async with connect(config(tmp_path, script, "")) as remotes:
        assert remotes.webservice is None
        with pytest.raises(Overloaded) as refused:
            await remotes.archive.read("x")
        assert (refused.value.service, refused.value.seconds) == ("archive", 17)
        with pytest.raises(Overloaded):
            await remotes.s3.delete_index(CAA, GID)
    assert len(script.journal) == 1
