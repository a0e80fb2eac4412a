"""Images and entities that are deleted: the scenarios of the contract for both archives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import pytest

from tests.scenarios.expected import (
    CAA,
    E1,
    EAA,
    R1,
    Side,
    contract_headers,
    delete,
    document,
    original,
)
from tests.scenarios.running import drain
from tests.scenarios.stage import Queued, Stage


@dataclass(frozen=True)
class Art:
    """The archive under test, its first entity, and how to delete things there."""

    side: Side
    gid: str
    delete_image: LiteralString
    delete_entity: tuple[LiteralString, ...]
    delete_entity_without_art: tuple[LiteralString, ...]
    first_id: int
    """First id of the events of a deleted entity; another trigger may use one up before."""


RELEASE = Art(
    CAA,
    R1,
    "DELETE FROM cover_art_archive.cover_art WHERE id = 1",
    (
        "DELETE FROM musicbrainz.release_country WHERE release = 1",
        "DELETE FROM musicbrainz.release WHERE id = 1",
    ),
    (
        "DELETE FROM musicbrainz.release_country WHERE release = 2",
        "DELETE FROM musicbrainz.release WHERE id = 2",
    ),
    2,
)
EVENT = Art(
    EAA,
    E1,
    "DELETE FROM event_art_archive.event_art WHERE id = 1",
    ("DELETE FROM musicbrainz.event WHERE id = 1",),
    ("DELETE FROM musicbrainz.event WHERE id = 3",),
    1,
)


@pytest.fixture(params=[RELEASE, EVENT], ids=["release", "event"])
def art(request: pytest.FixtureRequest) -> Art:
    chosen = request.param
    assert isinstance(chosen, Art)
    return chosen


@pytest.fixture
def it(art: Art, request: pytest.FixtureRequest) -> Stage:
    loaded = request.getfixturevalue("caa" if art is RELEASE else "eaa")
    assert isinstance(loaded, Stage)
    return loaded


async def test_deleting_an_image(art: Art, it: Stage) -> None:
    it.commit(art.delete_image)
    side, gid = art.side, art.gid
    image = {"artwork_id": 1, "gid": gid, "suffix": "jpg"}
    assert it.queue() == [
        Queued(1, "queued", side.entity, "delete_image", image, None, 0),
        Queued(2, "queued", side.entity, "index", {"gid": gid}, [1], 0),
    ]

    await drain(it)

    assert it.requests() == [delete(gid, original(gid, 1)), *side.reindex(gid)]
    removal, _get, index, xml = it.archive.journal
    assert removal.status == 204
    assert contract_headers(removal) == side.delete_headers()
    assert index.body == side.index_json(gid, [])
    assert contract_headers(index) == side.index_headers()
    assert xml.body == document(side.entity, gid)
    assert contract_headers(xml) == side.xml_headers()
    assert it.states() == {1: "completed", 2: "completed"}


async def test_deleting_an_entity_with_art(art: Art, it: Stage) -> None:
    it.commit(*art.delete_entity)
    side, gid, first = art.side, art.gid, art.first_id
    image = {"artwork_id": 1, "gid": gid, "suffix": "jpg"}
    assert it.queue() == [
        Queued(first, "queued", side.entity, "delete_image", image, None, 0),
        Queued(first + 1, "queued", side.entity, "deindex", {"gid": gid}, None, 0),
    ]

    await drain(it)

    assert it.requests() == [delete(gid, original(gid, 1)), delete(gid, "index.json")]
    for entry in it.archive.journal:
        assert entry.status == 204
        assert contract_headers(entry) == side.delete_headers()


async def test_deleting_an_entity_without_art(art: Art, it: Stage) -> None:
    it.commit(*art.delete_entity_without_art)
    assert it.queue() == []
    await drain(it)
    assert it.requests() == []
