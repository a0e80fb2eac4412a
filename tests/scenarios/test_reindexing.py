"""Edits that end in one index job: the CAA and EAA scenarios of the contract that say REINDEX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import pytest

from tests.scenarios.expected import (
    CAA,
    E1,
    E2,
    EAA,
    R1,
    Image,
    Side,
    contract_headers,
    document,
)
from tests.scenarios.running import drain
from tests.scenarios.stage import Queued, Stage


@dataclass(frozen=True)
class Case:
    """An edit, and the index.json it must lead to."""

    name: str
    edit: tuple[LiteralString, ...]
    gid: str
    images: list[Image]


R1_FRONT = CAA.image(R1, 1, comment="❇", front=True, types=["Front"])
E1_POSTER = EAA.image(E1, 1, comment="hello", front=True, types=["Poster"])

CAA_CASES = [
    Case(
        "inserting cover art",
        (
            """INSERT INTO musicbrainz.edit (id, editor, type, status, expire_time)
               VALUES (3, 1, 314, 2, now())""",
            """INSERT INTO cover_art_archive.cover_art
                   (id, release, mime_type, ordering, comment, edit)
               VALUES (3, 1, 'image/jpeg', 2, 'page 1', 3)""",
        ),
        R1,
        [R1_FRONT, CAA.image(R1, 3, comment="page 1", edit=3)],
    ),
    Case(
        "updating cover art",
        ("UPDATE cover_art_archive.cover_art SET ordering = 3, comment = '' WHERE id = 1",),
        R1,
        [CAA.image(R1, 1, front=True, types=["Front"])],
    ),
    Case(
        "inserting cover art type",
        ("INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (1, 2)",),
        R1,
        [{**R1_FRONT, "back": True, "types": ["Front", "Back"]}],
    ),
    Case(
        "deleting cover art type",
        ("DELETE FROM cover_art_archive.cover_art_type WHERE id = 1 AND type_id = 1",),
        R1,
        [CAA.image(R1, 1, comment="❇")],
    ),
    Case(
        "updating artist",
        ("UPDATE musicbrainz.artist SET name = 'Nové', sort_name = 'Nové' WHERE id = 1",),
        R1,
        [R1_FRONT],
    ),
    Case(
        "updating release",
        ("UPDATE musicbrainz.release SET name = 'Přejmenováno' WHERE id IN (1, 2)",),
        R1,
        [R1_FRONT],
    ),
    Case(
        "updating release meta",
        ("UPDATE musicbrainz.release_meta SET amazon_asin = 'FOOBAR' WHERE id IN (1, 2)",),
        R1,
        [R1_FRONT],
    ),
    Case(
        "inserting first release date",
        (
            """INSERT INTO musicbrainz.release_unknown_country
                   (release, date_year, date_month, date_day)
               VALUES (1, 1990, 11, 21), (2, 1990, 11, 21)""",
        ),
        R1,
        [R1_FRONT],
    ),
    Case(
        "deleting first release date",
        ("DELETE FROM musicbrainz.release_country WHERE release IN (1, 2)",),
        R1,
        [R1_FRONT],
    ),
    Case(
        "two changes in one commit",
        (
            "UPDATE musicbrainz.release SET name = 'Přejmenováno' WHERE id = 1",
            "UPDATE cover_art_archive.cover_art SET comment = 'a' WHERE id = 1",
            "UPDATE cover_art_archive.cover_art SET comment = 'b' WHERE id = 1",
        ),
        R1,
        [{**R1_FRONT, "comment": "b"}],
    ),
]

EAA_CASES = [
    Case(
        "inserting event art",
        (
            """INSERT INTO musicbrainz.edit (id, editor, type, status, expire_time)
               VALUES (3, 1, 158, 2, now())""",
            """INSERT INTO event_art_archive.event_art
                   (id, event, mime_type, ordering, comment, edit)
               VALUES (3, 1, 'image/jpeg', 1, '?', 3)""",
            "INSERT INTO event_art_archive.event_art_type (id, type_id) VALUES (3, 1)",
        ),
        E1,
        [E1_POSTER, EAA.image(E1, 3, comment="?", edit=3, types=["Poster"])],
    ),
    Case(
        "updating event art",
        ("UPDATE event_art_archive.event_art SET ordering = 3, comment = '' WHERE id = 1",),
        E1,
        [EAA.image(E1, 1, front=True, types=["Poster"])],
    ),
    Case(
        "inserting event art type",
        ("INSERT INTO event_art_archive.event_art_type (id, type_id) VALUES (2, 1)",),
        E2,
        [EAA.image(E2, 2, comment="yes hi", edit=2, front=True, types=["Poster"])],
    ),
    Case(
        "deleting event art type",
        ("DELETE FROM event_art_archive.event_art_type WHERE id = 1 AND type_id = 1",),
        E1,
        [EAA.image(E1, 1, comment="hello")],
    ),
    Case(
        "renaming the event",
        ("UPDATE musicbrainz.event SET name = 'Ночь у озера' WHERE id IN (1, 3)",),
        E1,
        [E1_POSTER],
    ),
]


def names(cases: list[Case]) -> list[str]:
    return [case.name for case in cases]


@pytest.mark.parametrize("case", CAA_CASES, ids=names(CAA_CASES))
async def test_cover_art_is_reindexed(caa: Stage, case: Case) -> None:
    await check_reindex(caa, CAA, case)


@pytest.mark.parametrize("case", EAA_CASES, ids=names(EAA_CASES))
async def test_event_art_is_reindexed(eaa: Stage, case: Case) -> None:
    await check_reindex(eaa, EAA, case)


async def check_reindex(stage: Stage, side: Side, case: Case) -> None:
    """REINDEX of the contract, with GET before the two PUTs."""
    stage.commit(*case.edit)
    job = {"gid": case.gid}
    assert stage.queue() == [Queued(1, "queued", side.entity, "index", job, None, 0)]

    await drain(stage)

    assert stage.requests() == side.reindex(case.gid)
    get, index, xml = stage.archive.journal
    assert contract_headers(get) == {"mb-set-database": "TEST_ARTWORK_INDEXER"}
    assert contract_headers(index) == side.index_headers()
    assert contract_headers(xml) == side.xml_headers()
    assert index.body == side.index_json(case.gid, case.images)
    assert xml.body == document(side.entity, case.gid)
    for entry in (get, index, xml):
        agent = entry.header("user-agent")
        assert agent is not None
        assert agent.startswith("metabrainz/artwork-indexer (")
    assert stage.queue() == [Queued(1, "completed", side.entity, "index", job, None, 1)]
