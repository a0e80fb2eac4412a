"""Recorded items and every recorded generation of index.json, against rows written to match."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pytest

from artwork_indexer.archive import metadata, names
from artwork_indexer.archive.metadata import Present
from artwork_indexer.index_json import Image
from audit.states import (
    Absent,
    Content,
    Dark,
    Evidence,
    Expected,
    Item,
    Life,
    Matches,
    Missing,
    Surroundings,
)
from audit.verdict import Status
from tests.audit.comparison_fixtures import FIELDS, judge, kinds, look, with_index
from tests.recorded import recorded

OF_2025 = "02cd52d7-2d0c-41a4-bf9c-59894bebab8c"
OF_2015 = "8dd38d9f-eae6-47a7-baa8-eaa467042687"
OTHER_BYTES, ENTITY_HTTP = "index-other-bytes", "index-entity-url-http"
IMAGES_HTTP, NO_KEYS = "index-image-urls-http", "index-thumbnail-keys-absent"
OLDEST = {ENTITY_HTTP, IMAGES_HTTP, NO_KEYS, OTHER_BYTES, "image-id-text"}


def row(entry: dict[str, Any]) -> Image:
    """The row of MusicBrainz that an entry was made of."""
    return Image(
        id=int(entry["id"]),
        suffix=PurePosixPath(urlsplit(entry["image"]).path).suffix[1:],
        approved=entry["approved"],
        front=entry["front"],
        back=entry["back"],
        comment=entry["comment"],
        edit=entry["edit"],
        types=tuple(entry["types"]),
    )


def entity(gid: str, body: bytes, life: Life = Life.LIVE) -> Expected:
    images = tuple(map(row, json.loads(body)["images"])) if life is Life.LIVE else ()
    return Expected(
        entity_type="release",
        gid=gid,
        life=life,
        merged_into=None,
        images=images,
        fields=FIELDS,
        fingerprint="1",
    )


def record(name: str) -> Present:
    found = metadata.parse(name, recorded(f"metadata/{name}.json"))
    assert isinstance(found, Present)
    return found


@pytest.mark.parametrize(
    ("name", "gid", "found"),
    [
        ("python_2025", OF_2025, set()),
        ("perl_2015", OF_2015, OLDEST),
        ("perl_2012", "c9353c6e-3149-48a2-a871-284fc40dc0bd", OLDEST),
        ("perl_2020", "51258fa4-29c5-4b86-bfda-b630573ec222", {IMAGES_HTTP, OTHER_BYTES}),
        ("reindented_perl", "76df3287-6cda-33eb-8e9a-044b5e15ffdd", {IMAGES_HTTP, OTHER_BYTES}),
        (
            "partial_perl_2016",
            "037263c9-36f3-44e1-b019-278a035a7e91",
            {IMAGES_HTTP, NO_KEYS, OTHER_BYTES, "image-id-text"},
        ),
        (
            "trimmed_python_2024",
            "05e77dbd-1c4f-4e5e-8461-caac6e5fbae7",
            {"index-missing-key", OTHER_BYTES},
        ),
    ],
)
def test_each_generation_of_index_json(name: str, gid: str, found: set[str]) -> None:
    body = recorded(f"index_json/{name}_*.json")
    wanted = entity(gid, body)
    actual = Item(with_index(wanted, body).record, Content(body), Matches())
    assert set(kinds(look(wanted, actual))) == found


def test_the_item_of_2025_is_healthy() -> None:
    present = record(f"mbid-{OF_2025}")
    wanted = entity(OF_2025, recorded(f"index_json/python_2025_{OF_2025}.json"))
    listed = present.files[names.INDEX_JSON]
    assert listed.md5 == hashlib.md5(wanted.index_bytes, usedforsecurity=False).hexdigest()
    assert listed.size == len(wanted.index_bytes)
    verdict = judge(wanted, Item(present, Matches(), Matches()))
    assert (verdict.status, verdict.findings) == (Status.CLEAN, ())


def test_the_item_of_2015_is_indexed_for_its_ids() -> None:
    body = recorded(f"index_json/perl_2015_{OF_2015}.json")
    present = record(f"mbid-{OF_2015}")
    assert present.files[names.INDEX_JSON].holds(body)
    wanted = entity(OF_2015, body)
    verdict = judge(wanted, Item(present, Content(body), Matches()))
    assert verdict.status is Status.REPAIR_QUEUE
    assert [event.action for event in verdict.plan] == ["index"]
    assert {finding.kind.id for finding in verdict.findings or ()} == OLDEST
    assert not verdict.is_format_only


@pytest.mark.parametrize("gid", [OF_2025, OF_2015])
def test_real_items_of_entities_without_art_or_life(gid: str) -> None:
    """Nobody owns any of their images: a person decides, and all is told."""
    present = record(f"mbid-{gid}")
    body = recorded(f"index_json/*_{gid}.json")
    images = [int(entry["id"]) for entry in json.loads(body)["images"]]
    nobody = Surroundings(owners=dict.fromkeys(images))
    gone = entity(gid, body, Life.GONE)
    verdict = judge(gone, Item(present, Content(body), Matches()), nobody)
    assert (verdict.status, verdict.plan) == (Status.MANUAL_REVIEW, ())
    assert sorted(finding.image_id or 0 for finding in verdict.reviews) == sorted(images)


def test_a_real_item_without_its_index_is_mended() -> None:
    wanted = entity(OF_2025, recorded(f"index_json/python_2025_{OF_2025}.json"))
    verdict = judge(wanted, Item(record(f"mbid-{OF_2025}"), Absent(), Matches()))
    assert [event.action for event in verdict.plan] == ["index"]


def test_dark_and_missing_answers() -> None:
    dark = metadata.parse("dark", recorded("metadata/dark_*.json"))
    assert isinstance(dark, metadata.Dark)
    body = recorded(f"index_json/python_2025_{OF_2025}.json")
    assert judge(entity(OF_2025, body), Dark()).status is Status.MANUAL_REVIEW
    for name in ("missing_mbid-*", "missing_e3e*"):
        answer = metadata.parse("x", recorded(f"metadata/{name}.json"))
        assert isinstance(answer, metadata.EmptyAnswer)
    assert judge(entity(OF_2025, body, Life.GONE), Missing()).status is Status.LEGACY


def test_changed_bytes_of_a_real_original() -> None:
    wanted = entity(OF_2025, recorded(f"index_json/python_2025_{OF_2025}.json"))
    actual = Item(record(f"mbid-{OF_2025}"), Matches(), Matches())
    evidence = judge(wanted, actual).evidence
    assert len(evidence.originals) == 7
    assert kinds(look(wanted, actual, evidence=evidence)) == []
    number = wanted.images[3].id
    changed = Evidence(originals={**evidence.originals, number: "0" * 12})
    (finding,) = look(wanted, actual, evidence=changed).findings
    assert (finding.kind.id, finding.image_id) == ("original-replaced", number)
