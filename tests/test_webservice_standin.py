"""The stand-in of the MusicBrainz web service: documents and ugly answers."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import psycopg
import pytest
from aiohttp.test_utils import TestClient, TestServer
from lxml import etree

from artwork_indexer.sandbox.webservice import WebService
from artwork_indexer.sandbox.webservice_documents import NAMESPACE, partial_date
from artwork_indexer.sandbox.webservice_faults import (
    HANG,
    HTML_SUCCESS,
    RATE_LIMITED,
    SERVER_ERROR,
    TRUNCATED,
    UNKNOWN,
    moved_to,
)
from tests.queue_fixtures import until

RELEASE = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
PLAIN_RELEASE = "2198f7b1-658c-4217-8cae-f63abe0b2391"
DARK_RELEASE = "41f27dcf-f012-4c91-afc0-0531e196bbda"
MERGED_RELEASE = "aff4a693-5970-4e2e-bd46-e2ee49c22de7"
EVENT = "e2aad65a-12e0-44ec-b693-94d225154e90"
PLAIN_EVENT = "f5c9461c-e5b4-4152-9458-d9a74baa7161"
UNKNOWN_GID = "14b9d183-7dab-42ba-94a3-7388a66604b8"
ARTISTS = "?inc=artists"
RELATIONS = "?inc=artist-rels+place-rels"

FIXTURE = f"""
INSERT INTO musicbrainz.language (id, iso_code_2t, iso_code_3, name) VALUES
    (120, 'eng', 'eng', 'English');
INSERT INTO musicbrainz.script (id, iso_code, name) VALUES (28, 'Latn', 'Latin');
INSERT INTO musicbrainz.area (id, gid, name, type, comment) VALUES
    (222, '489ce91b-6658-3307-9877-795b68554c98', 'United States', 1, ''),
    (107, '2db42837-c832-3c27-b4a3-08198f75693c', 'Japan', 1, 'islands');
INSERT INTO musicbrainz.country_area VALUES (222), (107);
INSERT INTO musicbrainz.iso_3166_1 VALUES (222, 'US'), (107, 'JP');
INSERT INTO musicbrainz.artist (id, gid, name, sort_name, type, area, comment) VALUES
    (1, 'ae859a2d-5754-4e88-9af0-6df263345535', 'Ænima 𝄞', 'Aenima', 2, 107, 'band'),
    (2, '4698a32d-b014-4da6-bdb7-de59fa5179bc', '山田', 'Yamada', NULL, NULL, '');
INSERT INTO musicbrainz.artist_credit (id, name, artist_count, gid) VALUES
    (1, '龍 Anima & 山田', 2, '949a7fd5-fe73-3e8f-922e-01ff4ca958f7');
INSERT INTO musicbrainz.artist_credit_name VALUES
    (1, 1, 2, '山田', ''), (1, 0, 1, '龍 Anima', ' & ');
INSERT INTO musicbrainz.release_group (id, gid, name, artist_credit) VALUES
    (1, '3b4e0c8c-3cd2-3b3c-8c4b-1c2a1d7b9f10', 'Title', 1);
INSERT INTO musicbrainz.release
    (id, gid, name, artist_credit, release_group, status, packaging, language, script, barcode,
     comment, quality) VALUES
    (1, '{RELEASE}', 'Rock & <Roll>', 1, 1, 1, 7, 120, 28, '', 'reissue', 2),
    (2, '{PLAIN_RELEASE}', 'Plain', 1, 1, NULL, NULL, NULL, NULL, NULL, '', -1),
    (3, '{DARK_RELEASE}', 'Dark', 1, 1, 1, NULL, NULL, 28, '4988064913695', '', -1);
INSERT INTO musicbrainz.release_gid_redirect (gid, new_id) VALUES ('{MERGED_RELEASE}', 1);
INSERT INTO musicbrainz.release_country VALUES (1, 222, 1989, 10, 3), (1, 107, 1989, 10, 3);
INSERT INTO musicbrainz.release_unknown_country VALUES (1, NULL, 5, NULL), (3, 1991, NULL, NULL);
UPDATE musicbrainz.release_meta SET amazon_asin = 'B000EIF602' WHERE id = 1;
INSERT INTO musicbrainz.editor (id, name, email_confirm_date, password, ha1) VALUES
    (1, 'editor', '2000-01-01', '', '');
INSERT INTO musicbrainz.edit (id, editor, type, status, expire_time) VALUES
    (1, 1, 314, 2, now());
INSERT INTO cover_art_archive.cover_art (id, release, edit, ordering, mime_type) VALUES
    (9876543210, 1, 1, 1, 'image/png'), (2, 1, 1, 2, 'image/jpeg'), (3, 3, 1, 1, 'image/jpeg');
INSERT INTO cover_art_archive.cover_art_type VALUES (9876543210, 1), (9876543210, 3), (2, 4);
UPDATE musicbrainz.release_meta SET cover_art_presence = 'darkened' WHERE id = 3;
INSERT INTO musicbrainz.event
    (id, gid, name, begin_date_year, begin_date_month, end_date_year, time, type, cancelled,
     setlist, comment) VALUES
    (1, '{EVENT}', 'Fête', 1990, 7, 1991, '20:00', 1, true, E'* a\\n* b', 'evening'),
    (2, '{PLAIN_EVENT}', 'Quiet', NULL, NULL, NULL, NULL, NULL, false, NULL, '');
INSERT INTO musicbrainz.place (id, gid, name, type, address, coordinates, comment) VALUES
    (1, '7643f13a-dcda-4db4-8196-3ffcc1b99ab7', 'Nürburgring', 2, 'Boulevard 1',
     '(50.33556,6.9475)', 'track');
INSERT INTO musicbrainz.link_type (id, gid, entity_type0, entity_type1, name) VALUES
    (794, 'e2c6f697-07dc-38b1-be0b-83d740165532', 'event', 'place', 'held at'),
    (798, '936c7c95-3156-3889-a062-8a0cd57f8946', 'artist', 'event', 'main performer');
INSERT INTO musicbrainz.link (id, link_type, begin_date_year, end_date_year) VALUES
    (1, 794, NULL, NULL), (2, 798, 1990, 1991);
INSERT INTO musicbrainz.l_artist_event (link, entity0, entity1, link_order, entity0_credit)
    VALUES (2, 1, 1, 1, 'Anima');
INSERT INTO musicbrainz.l_event_place (link, entity0, entity1) VALUES (1, 1, 1);
"""


@dataclass
class StandIn:
    service: WebService
    client: TestClient[aiohttp.web.Request, aiohttp.web.Application]

    async def get(self, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self.client.get(
            f"/ws/2/{path}",
            allow_redirects=False,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        ) as response:
            return response, await response.read()


@pytest.fixture
async def standin(musicbrainz_url: str) -> AsyncIterator[StandIn]:
    async with await psycopg.AsyncConnection.connect(musicbrainz_url) as connection:
        await connection.execute(FIXTURE.encode())
    service = WebService(musicbrainz_url, connections=1)
    async with TestClient(TestServer(service.application())) as client:
        yield StandIn(service, client)


def outline(element: etree._Element) -> list[object]:
    """Names of an element and its descendants in order, without the namespace."""
    children = [outline(child) for child in element]
    return (
        [etree.QName(element).localname, *children]
        if children
        else [etree.QName(element).localname]
    )


def names(element: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in element]


def entity(body: bytes) -> etree._Element:
    return etree.fromstring(body)[0]


def text(element: etree._Element, path: str) -> str | None:
    found = element.find("/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/")))
    assert found is not None, path
    return found.text


async def test_release_document_has_every_element_in_order(standin: StandIn) -> None:
    response, body = await standin.get(f"release/{RELEASE}{ARTISTS}")
    assert response.status == 200
    assert response.headers["content-type"] == "application/xml; charset=utf-8"
    start = b'<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="%b"><release id="'
    assert body.startswith(start % NAMESPACE.encode())
    assert body.endswith(b"</metadata>\n")
    assert body.count(b"\n") == 2
    release = entity(body)
    assert names(release) == [
        "title", "status", "quality", "disambiguation", "packaging", "text-representation",
        "artist-credit", "date", "country", "release-event-list", "barcode", "asin",
        "cover-art-archive",
    ]  # fmt: skip
    assert release.get("id") == RELEASE
    assert text(release, "title") == "Rock & <Roll>"
    assert text(release, "quality") == "high"
    assert text(release, "text-representation/language") == "eng"
    assert b"<barcode/>" in body


async def test_artist_credit_names_an_artist_only_by_what_differs(standin: StandIn) -> None:
    _, body = await standin.get(f"release/{RELEASE}{ARTISTS}")
    credit = entity(body).find(f"{{{NAMESPACE}}}artist-credit")
    assert credit is not None
    assert outline(credit) == [
        "artist-credit",
        [
            "name-credit",
            ["name"],
            ["artist", ["name"], ["sort-name"], ["country"], ["disambiguation"]],
        ],
        ["name-credit", ["artist", ["name"], ["sort-name"]]],
    ]
    assert [dict(name.attrib) for name in credit] == [{"joinphrase": " & "}, {}]
    assert text(credit, "name-credit/name") == "龍 Anima"
    assert text(credit, "name-credit/artist/name") == "Ænima 𝄞"
    artist = credit[0][1]
    assert artist.get("type") == "Group"
    assert artist.get("type-id") == "e431f5f6-b5d2-343d-8b36-72607fffb74b"


async def test_release_events_sort_by_date_then_area(standin: StandIn) -> None:
    _, body = await standin.get(f"release/{RELEASE}{ARTISTS}")
    release = entity(body)
    assert text(release, "date") == "1989-10-03"
    assert text(release, "country") == "JP"
    events = release.find(f"{{{NAMESPACE}}}release-event-list")
    assert events is not None
    assert events.get("count") == "3"
    area = ["area", ["name"], ["sort-name"]]
    codes = ["iso-3166-1-code-list", ["iso-3166-1-code"]]
    assert [outline(event) for event in events] == [
        ["release-event", ["date"], [*area, ["disambiguation"], codes]],
        ["release-event", ["date"], [*area, codes]],
        ["release-event", ["date"]],
    ]
    assert text(events[2], "date") == "????-05"


async def test_cover_art_archive_element(standin: StandIn) -> None:
    expected = {
        RELEASE: b"<artwork>true</artwork><count>2</count><front>true</front><back>false</back>",
        PLAIN_RELEASE: b"<artwork>false</artwork><count>0</count><front>false</front>"
        b"<back>false</back>",
        DARK_RELEASE: b"<artwork>false</artwork><count>1</count><front>false</front>"
        b"<back>false</back><darkened>true</darkened>",
    }
    for gid, inner in expected.items():
        _, body = await standin.get(f"release/{gid}{ARTISTS}")
        assert b"<cover-art-archive>" + inner + b"</cover-art-archive>" in body


async def test_sparse_release_leaves_elements_out(standin: StandIn) -> None:
    _, body = await standin.get(f"release/{PLAIN_RELEASE}{ARTISTS}")
    assert names(entity(body)) == ["title", "quality", "artist-credit", "cover-art-archive"]
    assert text(entity(body), "quality") == "normal"
    _, body = await standin.get(f"release/{DARK_RELEASE}")
    assert names(entity(body)) == [
        "title", "status", "quality", "text-representation", "date", "release-event-list",
        "barcode", "cover-art-archive",
    ]  # fmt: skip


async def test_event_document_with_relations(standin: StandIn) -> None:
    _, body = await standin.get(f"event/{EVENT}{RELATIONS}")
    event = entity(body)
    assert event.get("type") == "Concert"
    assert outline(event) == [
        "event",
        ["name"],
        ["disambiguation"],
        ["cancelled"],
        ["life-span", ["begin"], ["end"]],
        ["time"],
        ["setlist"],
        [
            "relation-list",
            [
                "relation",
                ["target"],
                ["ordering-key"],
                ["direction"],
                ["begin"],
                ["end"],
                ["ended"],
                ["artist", ["name"], ["sort-name"], ["disambiguation"]],
                ["target-credit"],
            ],
        ],
        [
            "relation-list",
            [
                "relation",
                ["target"],
                ["direction"],
                [
                    "place",
                    ["name"],
                    ["disambiguation"],
                    ["address"],
                    ["coordinates", ["latitude"], ["longitude"]],
                ],
            ],
        ],
    ]
    assert text(event, "life-span/begin") == "1990-07"
    assert text(event, "life-span/end") == "1991"
    assert text(event, "time") == "20:00"
    assert text(event, "setlist") == "* a\n* b"
    artists, places = event[-2], event[-1]
    assert (artists.get("target-type"), places.get("target-type")) == ("artist", "place")
    assert text(artists, "relation/direction") == "backward"
    assert text(artists, "relation/target") == "ae859a2d-5754-4e88-9af0-6df263345535"
    assert places[0].get("type-id") == "e2c6f697-07dc-38b1-be0b-83d740165532"
    assert text(places, "relation/place/coordinates/latitude") == "50.33556"
    assert text(places, "relation/place/coordinates/longitude") == "6.9475"


async def test_event_relations_come_only_when_asked_for(standin: StandIn) -> None:
    _, body = await standin.get(f"event/{EVENT}?inc=place-rels")
    assert names(entity(body)).count("relation-list") == 1
    _, body = await standin.get(f"event/{PLAIN_EVENT}{RELATIONS}")
    assert names(entity(body)) == ["name"]


async def test_merged_release_is_redirected_with_the_survivors_document(standin: StandIn) -> None:
    response, body = await standin.get(f"release/{MERGED_RELEASE}{ARTISTS}")
    assert response.status == 301
    url = standin.client.make_url(f"/ws/2/release/{RELEASE}{ARTISTS}")
    assert response.headers["location"] == str(url)
    assert entity(body).get("id") == RELEASE


async def test_upper_case_mbid_is_redirected_and_the_query_kept_as_sent(standin: StandIn) -> None:
    response, body = await standin.get(f"event/{EVENT.upper()}{RELATIONS}")
    assert response.status == 301
    assert response.headers["location"].endswith(f"/ws/2/event/{EVENT}{RELATIONS}")
    assert entity(body).get("id") == EVENT


@pytest.mark.parametrize(
    ("path", "headers", "status", "message"),
    [
        (f"release/{UNKNOWN_GID}{ARTISTS}", {}, 404, "Not Found"),
        (f"label/{UNKNOWN_GID}", {}, 404, "Not Found"),
        ("release/not-an-mbid", {}, 400, "Invalid mbid."),
        (f"release/{RELEASE}?inc=nonsense", {}, 400, "nonsense is not a valid inc parameter here."),
        (f"release/{RELEASE}", {"accept": "image/png"}, 406, "Invalid format."),
    ],
)
async def test_error_documents(
    standin: StandIn, path: str, headers: dict[str, str], status: int, message: str
) -> None:
    response, body = await standin.get(path, **headers)
    assert response.status == status
    assert response.headers["content-type"] == "application/xml; charset=utf-8"
    error = etree.fromstring(body)
    assert [error.tag, *(child.tag for child in error)] == ["error", "text", "text"]
    assert (error[0].text or "").startswith(message)


async def test_other_methods_are_refused(standin: StandIn) -> None:
    response = await standin.client.put(f"/ws/2/release/{RELEASE}")
    assert response.status == 405
    assert etree.fromstring(await response.read()).tag == "error"


async def test_etag_and_not_modified(standin: StandIn) -> None:
    response, body = await standin.get(f"release/{RELEASE}{ARTISTS}")
    etag = response.headers["etag"]
    assert etag == f'"{hashlib.md5(body).hexdigest()}"'
    response, body = await standin.get(f"release/{RELEASE}{ARTISTS}", if_none_match=etag)
    assert (response.status, body) == (304, b"")


async def test_faults_spoil_only_the_requests_they_name(standin: StandIn) -> None:
    standin.service.faults.add(RELEASE, SERVER_ERROR)
    standin.service.faults.add(RELEASE, RATE_LIMITED, times=2)
    answers = [await standin.get(f"release/{gid}") for gid in [PLAIN_RELEASE, *[RELEASE] * 4]]
    assert [response.status for response, _ in answers] == [200, 500, 503, 503, 200]
    assert answers[1][0].content_type == "text/html"
    assert answers[2][0].headers["retry-after"] == "2"


async def test_faults_that_look_like_answers(standin: StandIn) -> None:
    for fault in (HTML_SUCCESS, UNKNOWN, moved_to("http://elsewhere.example/")):
        standin.service.faults.add(RELEASE, fault)
    answers = [await standin.get(f"release/{RELEASE}") for _ in range(3)]
    assert [response.status for response, _ in answers] == [200, 404, 301]
    assert answers[2][0].headers["location"] == "http://elsewhere.example/"
    assert answers[2][1] == b""


async def test_truncated_body(standin: StandIn) -> None:
    standin.service.faults.add(RELEASE, TRUNCATED)
    with pytest.raises(aiohttp.ClientPayloadError):
        await standin.get(f"release/{RELEASE}")


async def test_hanging_request_does_not_hold_up_the_others_or_the_shutdown(
    standin: StandIn,
) -> None:
    standin.service.faults.add(PLAIN_RELEASE, HANG)
    async with asyncio.timeout(30):
        hanging = asyncio.create_task(standin.get(f"release/{PLAIN_RELEASE}"))
        await until(lambda: len(standin.service.journal) == 1)
        response, _ = await standin.get(f"release/{RELEASE}")
        assert response.status == 200
        assert len(standin.service.journal) == 2
        assert not hanging.done()
        await standin.client.server.close()
        with pytest.raises(aiohttp.ClientError):
            await hanging


async def test_journal_keeps_what_was_sent(standin: StandIn) -> None:
    await standin.get(f"event/{EVENT}{RELATIONS}", mb_set_database="TEST_ARTWORK_INDEXER")
    await standin.get(f"release/{RELEASE}{ARTISTS}")
    first, second = standin.service.journal
    assert (first.method, first.path_qs) == ("GET", f"/ws/2/event/{EVENT}{RELATIONS}")
    assert first.database == "TEST_ARTWORK_INDEXER"
    assert second.database is None


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((None, None, None), None),
        ((1989, None, None), "1989"),
        ((1989, 10, None), "1989-10"),
        ((1989, 1, 2), "1989-01-02"),
        ((None, 5, None), "????-05"),
        ((1989, None, 2), "1989-??-02"),
        ((None, None, 2), "????-??-02"),
    ],
)
def test_partial_dates(parts: tuple[int | None, int | None, int | None], expected: str) -> None:
    assert partial_date(parts) == expected
