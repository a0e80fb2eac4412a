"""Writes to the Internet Archive: method, URL, every header and the body, exactly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from artwork_indexer.archive.s3 import S3
from artwork_indexer.errors import CredentialsRefused, PermanentError
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.projects import CAA, EAA, Project
from artwork_indexer.redirects import Redirects
from tests.http_fixtures import Script, say

pytest_plugins = ["tests.http_plugin"]

GID = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
OTHER = "2198f7b1-658c-4217-8cae-f63abe0b2391"
FROM_THE_LIBRARY = {"host", "accept", "accept-encoding", "user-agent", "content-length"}


def keys(project: Project) -> str | None:
    return f"LOW {project.abbreviation}_user:{project.abbreviation}_pass"


@pytest.fixture
def s3(client: HttpClient, script: Script) -> S3:
    script.then(say(200))
    template = script.url + "/{bucket}/{file}"
    return S3(Service(client, Gate("archive"), redirects=Redirects([template])), template, keys)


def sent(script: Script) -> tuple[str, str, dict[str, str], bytes]:
    """The only request; header names as they came, without those of the HTTP library."""
    (recorded,) = script.journal
    headers = {
        name: value for name, value in recorded.headers if name.lower() not in FROM_THE_LIBRARY
    }
    return recorded.method, recorded.path, headers, recorded.body


CAA_ITEM = {
    "x-archive-auto-make-bucket": "1",
    "x-archive-meta-collection": "coverartarchive",
    "x-archive-meta-mediatype": "image",
    "x-archive-meta-noindex": "true",
}


async def test_put_index(s3: S3, script: Script) -> None:
    await s3.put_index(CAA, GID, b'{"images": []}')
    assert sent(script) == (
        "PUT",
        f"/mbid-{GID}/index.json",
        {
            "authorization": "LOW caa_user:caa_pass",
            "content-type": "application/json; charset=UTF-8",
            "x-archive-keep-old-version": "1",
            **CAA_ITEM,
        },
        b'{"images": []}',
    )


async def test_put_metadata_xml_of_an_event(s3: S3, script: Script) -> None:
    await s3.put_metadata_xml(EAA, GID, "<metadata>é</metadata>".encode())
    assert sent(script) == (
        "PUT",
        f"/mbid-{GID}/mbid-{GID}_mb_metadata.xml",
        {
            "authorization": "LOW eaa_user:eaa_pass",
            "content-type": "application/xml; charset=UTF-8",
            **CAA_ITEM,
            "x-archive-meta-collection": "eventartarchive",
        },
        "<metadata>é</metadata>".encode(),
    )


async def test_copy_image(s3: S3, script: Script) -> None:
    await s3.copy_image(CAA, GID, OTHER, 9876543210, "png")
    assert sent(script) == (
        "PUT",
        f"/mbid-{OTHER}/mbid-{OTHER}-9876543210.png",
        {
            "authorization": "LOW caa_user:caa_pass",
            "x-amz-copy-source": f"/mbid-{GID}/mbid-{GID}-9876543210.png",
            "x-archive-keep-old-version": "1",
            **CAA_ITEM,
        },
        b"",
    )


DELETE_HEADERS = {
    "authorization": "LOW caa_user:caa_pass",
    "x-archive-keep-old-version": "1",
    "x-archive-cascade-delete": "1",
}


async def test_delete_image(s3: S3, script: Script) -> None:
    await s3.delete_image(CAA, GID, 1, "jpg")
    assert sent(script) == ("DELETE", f"/mbid-{GID}/mbid-{GID}-1.jpg", DELETE_HEADERS, b"")


async def test_delete_index(s3: S3, script: Script) -> None:
    await s3.delete_index(CAA, GID)
    assert sent(script) == ("DELETE", f"/mbid-{GID}/index.json", DELETE_HEADERS, b"")


async def test_deleting_what_is_gone_is_done(s3: S3, script: Script) -> None:
    script.replies = [say(404, b"<Error><Code>NoSuchKey</Code></Error>")]
    await s3.delete_index(CAA, GID)


async def test_errors_come_through(s3: S3, script: Script) -> None:
    script.replies = [say(400, b"no")]
    with pytest.raises(PermanentError, match="HTTP 400"):
        await s3.copy_image(CAA, GID, OTHER, 1, "jpg")


async def test_weakness_307_keeps_the_keys(s3: S3, script: Script) -> None:
    script.replies = [say(307, Location="/node/x"), say(200)]
    await s3.put_index(CAA, GID, b"{}")
    assert [recorded.path for recorded in script.journal] == [f"/mbid-{GID}/index.json", "/node/x"]
    first, second = script.journal
    assert [h for h in first.headers if h[0] != "Host"] == [
        h for h in second.headers if h[0] != "Host"
    ]
    assert second.body == b"{}"


@pytest.mark.parametrize(
    "write",
    [
        lambda s3: s3.put_index(EAA, GID, b""),
        lambda s3: s3.put_metadata_xml(EAA, GID, b""),
        lambda s3: s3.copy_image(EAA, GID, OTHER, 1, "jpg"),
        lambda s3: s3.delete_image(EAA, GID, 1, "jpg"),
        lambda s3: s3.delete_index(EAA, GID),
    ],
)
async def test_without_keys_nothing_is_sent(
    client: HttpClient, script: Script, write: Callable[[S3], Awaitable[None]]
) -> None:
    script.then(say(200))
    keyless = S3(Service(client, Gate("archive")), script.url + "/{bucket}/{file}", lambda _: None)
    with pytest.raises(CredentialsRefused, match="eaa_access and eaa_secret") as refused:
        await write(keyless)
    assert refused.value.service == "eaa-keys"
    assert script.journal == []
