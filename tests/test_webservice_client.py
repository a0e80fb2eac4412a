"""The client of the MusicBrainz web service: only the right document is good enough."""

from __future__ import annotations

import pytest

from artwork_indexer.errors import Overloaded, PermanentError, TransientError
from artwork_indexer.gate import Gate
from artwork_indexer.http import HttpClient, Service
from artwork_indexer.musicbrainz.webservice import Document, Elsewhere, WebService, parse_xml
from artwork_indexer.projects import CAA, EAA, Project
from tests.http_fixtures import Script, say
from tests.recorded import recorded

pytest_plugins = ["tests.http_plugin"]

GID = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
OTHER = "2198f7b1-658c-4217-8cae-f63abe0b2391"
WRONG_URL = r"\[musicbrainz\] url"


def document(entity: str = "release", gid: str = GID) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#">'
        f'<{entity} id="{gid}"><title>東京 🗼</title></{entity}></metadata>\n'
    ).encode()


NOT_FOUND = (
    b'<?xml version="1.0"?>\n<error><text>Not Found</text><text>For usage, see ...</text></error>'
)


def service(client: HttpClient, script: Script, database: str | None = None) -> WebService:
    return WebService(Service(client, Gate("musicbrainz")), script.url + "/", set_database=database)


async def test_document_is_passed_through_untouched(client: HttpClient, script: Script) -> None:
    body = document()
    script.then(say(200, body))
    assert await service(client, script).fetch(CAA, GID) == Document(body)
    (request,) = script.journal
    assert (request.method, request.path) == ("GET", f"/ws/2/release/{GID}?inc=artists")
    assert request.header("mb-set-database") is None
    assert request.header("authorization") is None


async def test_event_request_has_a_literal_plus(client: HttpClient, script: Script) -> None:
    script.then(say(200, document("event")))
    await service(client, script, "TEST_ARTWORK_INDEXER").fetch(EAA, GID)
    (request,) = script.journal
    assert request.path == f"/ws/2/event/{GID}?inc=artist-rels+place-rels"
    assert ("mb-set-database", "TEST_ARTWORK_INDEXER") in request.headers


@pytest.mark.parametrize(
    ("project", "name"),
    [
        (CAA, "ws2/release_212895ca-*.xml"),
        (EAA, "ws2/event_770fb0b4-*.xml"),
    ],
)
async def test_recorded_documents(
    client: HttpClient, script: Script, project: Project, name: str
) -> None:
    body = recorded(name)
    gid = body.split(b' id="', 1)[1][:36].decode()
    script.then(say(200, body))
    assert await service(client, script).fetch(project, gid) == Document(body)


@pytest.mark.parametrize("location", ["http://mb.test/ws/2/release/{}?inc=artists", "{}"])
async def test_merged(client: HttpClient, script: Script, location: str) -> None:
    script.then(say(301, document(gid=OTHER), Location=location.format(OTHER)), say(500))
    answer = await service(client, script).fetch(CAA, GID)
    assert answer == Elsewhere(f"merged into {OTHER}")
    assert len(script.journal) == 1


async def test_not_found(client: HttpClient, script: Script) -> None:
    script.then(say(404, NOT_FOUND))
    assert await service(client, script).fetch(CAA, GID) == Elsewhere("not found")


@pytest.mark.parametrize(
    ("status", "location"),
    [
        (301, f"https://mb.test/ws/2/release/{GID}?inc=artists"),
        (301, "https://mb.test/login"),
        (301, ""),
        (302, f"https://mb.test/ws/2/release/{OTHER}"),
        (307, f"https://mb.test/ws/2/release/{OTHER}"),
    ],
)
async def test_other_redirects_mean_a_wrong_url(
    client: HttpClient, script: Script, status: int, location: str
) -> None:
    script.then(say(status, Location=location))
    with pytest.raises(TransientError, match=WRONG_URL):
        await service(client, script).fetch(CAA, GID)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Not Found",
        b"<html><body>404</body></html>",
        b"<error/>",
        b'<e:error xmlns:e="x"><text>Not Found</text></e:error>',
        document(),
    ],
)
async def test_404_of_somebody_else_means_a_wrong_url(
    client: HttpClient, script: Script, body: bytes
) -> None:
    script.then(say(404, body))
    with pytest.raises(TransientError, match=WRONG_URL):
        await service(client, script).fetch(CAA, GID)


@pytest.mark.parametrize(
    "body",
    [
        document(gid=OTHER),
        document(gid=GID.upper()),
        document("event"),
        document().replace(b"mmd-2.0", b"mmd-1.0"),
        document()[:-20],
        b"<html></html>",
        b"{}",
        b"",
        NOT_FOUND,
        b"<!DOCTYPE metadata>" + document().split(b"\n", 1)[1],
    ],
)
async def test_a_wrong_document_is_never_stored(
    client: HttpClient, script: Script, body: bytes
) -> None:
    script.then(say(200, body))
    with pytest.raises(TransientError):
        await service(client, script).fetch(CAA, GID)


@pytest.mark.parametrize("status", [400, 406])
async def test_refused_requests_are_permanent(
    client: HttpClient, script: Script, status: int
) -> None:
    script.then(say(status, b"<error><text>Invalid mbid.</text></error>"))
    with pytest.raises(PermanentError, match=f"HTTP {status}.*Invalid mbid"):
        await service(client, script).fetch(CAA, GID)


async def test_rate_limit_pauses_the_web_service(client: HttpClient, script: Script) -> None:
    script.then(say(503, b"<html>slow down</html>"))
    with pytest.raises(Overloaded) as refused:
        await service(client, script).fetch(CAA, GID)
    assert refused.value.service == "musicbrainz"


HOSTILE = {
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/">%x;]><a/>',
    "laughs": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>',
    "depth": b"<a>" * 100_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_xml_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"document type|not well-formed"):
        parse_xml(body)
