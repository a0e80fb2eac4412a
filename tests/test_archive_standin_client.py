"""The public ``internetarchive`` client works with the stand-in."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

import pytest
from internetarchive import ArchiveSession

from tests.archive_standin_fixtures import StandIn

pytest_plugins = ["tests.archive_standin_plugin"]

NAME = "standin-test-item"


@pytest.fixture
def client(standin: StandIn) -> Iterator[ArchiveSession]:
    """The client insists on hosts under archive.org; only as a proxy are we asked for them."""
    keys = {"access": "caa-access", "secret": "caa-secret"}
    with ArchiveSession({"s3": keys, "general": {"secure": False}}) as session:
        session.proxies = {"http": standin.url}
        session.trust_env = False
        yield session


def use(client: ArchiveSession) -> None:
    item = client.get_item(NAME)
    assert not item.exists
    metadata = {"title": "Prüfung", "mediatype": "image", "subject": ["one", "two"]}
    uploads = {"a.txt": io.BytesIO(b"alpha"), "b.txt": io.BytesIO(b"beta")}
    answers = item.upload(uploads, metadata=metadata, verify=True)
    assert [answer.status_code for answer in answers] == [200, 200]
    item = client.get_item(NAME)
    assert item.exists
    assert item.metadata["title"] == "Prüfung"
    assert item.metadata["subject"] == ["one", "two"]
    assert item.metadata["uploader"] == "caa@musicbrainz.org"
    chosen = item.get_file("a.txt")
    assert chosen.md5 == "2c1743a391305fbf367df8e4f069f9f9"
    assert chosen.download(return_responses=True).content == b"alpha"
    assert chosen.delete().status_code == 204
    assert [f.name for f in client.get_item(NAME).get_files(["a.txt", "b.txt"])] == ["b.txt"]
    assert client.s3_is_overloaded(NAME) is False


async def test_it_reads_uploads_and_deletes(standin: StandIn, client: ArchiveSession) -> None:
    await asyncio.to_thread(use, client)
    deleted = standin.archive.journal.select("DELETE")
    assert [entry.target for entry in deleted] == [f"/s3/{NAME}/a.txt"]
