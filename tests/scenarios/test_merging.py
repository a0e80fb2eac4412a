"""Merges: the scenarios of the contract for both archives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import pytest

from artwork_indexer.sandbox.internet_archive import fault_kinds as faults
from tests.scenarios.expected import (
    CAA,
    E1,
    E2,
    EAA,
    R1,
    R2,
    Image,
    Side,
    contract_headers,
    delete,
    document,
    original,
    put,
)
from tests.scenarios.running import drain
from tests.scenarios.stage import Queued, Stage


@dataclass(frozen=True)
class Merge:
    """The first entity of an archive is merged into the second one."""

    side: Side
    old: str
    new: str
    update: LiteralString
    """The edit before the merge; it queues an index job, which the merge takes back."""
    merge: tuple[LiteralString, ...]
    images: list[Image]
    """Of the target, afterwards."""


RELEASES = Merge(
    CAA,
    R1,
    R2,
    "UPDATE cover_art_archive.cover_art SET ordering = 3, comment = '' WHERE id = 1",
    (
        "UPDATE cover_art_archive.cover_art SET release = 2 WHERE id = 1",
        "UPDATE musicbrainz.release_meta SET cover_art_presence = 'present' WHERE id = 2",
        "DELETE FROM musicbrainz.release_country WHERE release = 2 AND country = 222",
        "UPDATE musicbrainz.release_country SET release = 2 WHERE release = 1",
        "DELETE FROM musicbrainz.release WHERE id = 1",
    ),
    [CAA.image(R2, 1, front=True, types=["Front"])],
)
EVENTS = Merge(
    EAA,
    E1,
    E2,
    "UPDATE event_art_archive.event_art SET ordering = 3, comment = '' WHERE id = 1",
    (
        # Behind the images of the target, as a merge in MusicBrainz puts them.
        "UPDATE event_art_archive.event_art SET event = 2, ordering = 2 WHERE id = 1",
        "UPDATE musicbrainz.event_meta SET event_art_presence = 'present' WHERE id = 2",
        "DELETE FROM musicbrainz.event WHERE id = 1",
    ),
    [
        EAA.image(E2, 2, comment="yes hi", edit=2),
        EAA.image(E2, 1, front=True, types=["Poster"]),
    ],
)


@pytest.fixture(params=[RELEASES, EVENTS], ids=["releases", "events"])
def merge(request: pytest.FixtureRequest) -> Merge:
    chosen = request.param
    assert isinstance(chosen, Merge)
    return chosen


@pytest.fixture
def it(merge: Merge, request: pytest.FixtureRequest) -> Stage:
    loaded = request.getfixturevalue("caa" if merge is RELEASES else "eaa")
    assert isinstance(loaded, Stage)
    return loaded


@pytest.fixture
def merged(merge: Merge, it: Stage) -> Stage:
    it.commit(merge.update)
    assert it.states() == {1: "queued"}
    it.commit(*merge.merge)
    return it


def chain(
    merge: Merge, *, state: str = "queued", attempts: tuple[int, ...] = (0, 0, 0, 0)
) -> list[Queued]:
    """The four events of the merge, with the ids of the contract."""
    entity = merge.side.entity
    copy = {"artwork_id": 1, "old_gid": merge.old, "new_gid": merge.new, "suffix": "jpg"}
    removal = {"artwork_id": 1, "gid": merge.old, "suffix": "jpg"}
    a, b, c, d = attempts
    return [
        Queued(5, state, entity, "copy_image", copy, None, a),
        Queued(6, state, entity, "delete_image", removal, [5], b),
        Queued(7, state, entity, "index", {"gid": merge.new}, [6], c),
        Queued(8, state, entity, "deindex", {"gid": merge.old}, [6], d),
    ]


def test_a_merge_queues_copy_delete_index_deindex(merge: Merge, merged: Stage) -> None:
    assert merged.queue() == chain(merge)


@pytest.mark.parametrize("verify", ["yes", "no"])
async def test_a_copy_that_fails_for_good_and_is_reset_by_hand(
    merge: Merge, merged: Stage, verify: str
) -> None:
    merged.configure("indexer", verify_copies=verify)
    merged.sql("UPDATE artwork_indexer.event_queue SET attempts = 4 WHERE action = 'copy_image'")
    merged.make_due()
    merged.archive.faults.add("PUT", original(merge.new, 1), faults.status(400))

    await drain(merged)

    assert merged.requests() == [put(merge.new, original(merge.new, 1))]
    assert merged.queue() == chain(merge, state="failed", attempts=(5, 0, 0, 0))
    assert [reason for reason in merged.reasons(5) if "HTTP 400" in reason]
    for event in (6, 7, 8):
        assert any("depended on (5)" in reason for reason in merged.reasons(event))

    merged.archive.journal.clear()
    merged.sql("UPDATE artwork_indexer.event_queue SET attempts = 0, state = 'queued'")
    await drain(merged)

    assert merged.writes() == [
        put(merge.new, original(merge.new, 1)),
        delete(merge.old, original(merge.old, 1)),
        put(merge.new, "index.json"),
        put(merge.new, f"mbid-{merge.new}_mb_metadata.xml"),
        delete(merge.old, "index.json"),
    ]
    proof = [r for r in merged.requests() if r.startswith("GET /metadata/")]
    assert bool(proof) == (verify == "yes")
    assert set(merged.states().values()) == {"completed"}


async def test_the_requests_of_a_merge_with_unverified_copies(merge: Merge, merged: Stage) -> None:
    merged.configure("indexer", verify_copies="no")
    await drain(merged)

    side, old, new = merge.side, merge.old, merge.new
    assert merged.requests() == [
        put(new, original(new, 1)),
        delete(old, original(old, 1)),
        *side.reindex(new),
        delete(old, "index.json"),
    ]
    copy, removal, _get, index, xml, deindex = merged.archive.journal
    assert contract_headers(copy) == side.copy_headers(old, "1.jpg")
    assert copy.size == 0
    assert contract_headers(removal) == side.delete_headers()
    assert contract_headers(index) == side.index_headers()
    assert index.body == side.index_json(new, merge.images)
    assert contract_headers(xml) == side.xml_headers()
    assert xml.body == document(side.entity, new)
    assert contract_headers(deindex) == side.delete_headers()
    assert merged.queue() == chain(merge, state="completed", attempts=(1, 1, 1, 1))


async def test_the_requests_of_a_merge_with_verified_copies(merge: Merge, merged: Stage) -> None:
    await drain(merged)

    copied, removed = (original(merge.new, 1), original(merge.old, 1))
    asked = merged.requests()
    begin, end = asked.index(put(merge.new, copied)), asked.index(delete(merge.old, removed))
    assert f"GET /metadata/mbid-{merge.new}" in asked[begin:end]
    assert merged.files(merge.old) == set()
    assert {copied, "index.json", f"mbid-{merge.new}_mb_metadata.xml"} <= merged.files(merge.new)
    assert merged.queue() == chain(merge, state="completed", attempts=(1, 1, 1, 1))
