"""Messages that people, or other programs, put into the queue."""

from __future__ import annotations

from typing import LiteralString

import pytest

from tests.scenarios.expected import CAA, R1
from tests.scenarios.running import drain
from tests.scenarios.stage import Stage

NO_MESSAGES: list[object] = [None, [], [1, 2], "text", 5, True, {}]


@pytest.mark.parametrize("message", NO_MESSAGES, ids=repr)
@pytest.mark.parametrize("action", ["index", "copy_image", "delete_image", "deindex"])
async def test_anything_but_a_proper_message_fails_with_a_reason(
    caa: Stage, action: str, message: object
) -> None:
    event = caa.insert(action, message)
    await drain(caa)
    assert caa.states() == {event: "failed"}
    (reason,) = caa.reasons(event)
    assert "message" in reason
    assert caa.requests() == []


@pytest.mark.parametrize(
    ("action", "message", "named"),
    [
        ("index", {"gid": "A"}, "gid"),
        ("index", {"gid": R1.upper()}, "gid"),
        ("index", {"gid": R1 + "/../x"}, "gid"),
        ("index", {"gid": None}, "gid"),
        ("deindex", {"gid": 7}, "gid"),
        ("delete_image", {"artwork_id": "1", "gid": R1, "suffix": "jpg"}, "artwork_id"),
        ("delete_image", {"artwork_id": 1.5, "gid": R1, "suffix": "jpg"}, "artwork_id"),
        ("delete_image", {"artwork_id": 1, "gid": R1, "suffix": "../x"}, "suffix"),
        ("delete_image", {"artwork_id": 1, "gid": R1}, "suffix"),
        ("copy_image", {"artwork_id": 1, "old_gid": R1, "new_gid": R1, "suffix": "jpg"}, "new_gid"),
        ("copy_image", {"artwork_id": 1, "old_gid": R1, "suffix": "jpg"}, "new_gid"),
        ("noop", {"sleep": -1}, "sleep"),
        ("noop", {"sleep": "long"}, "sleep"),
    ],
)
async def test_a_wrong_value_is_named(
    caa: Stage, action: str, message: dict[str, object], named: str
) -> None:
    event = caa.insert(action, message)
    await drain(caa)
    assert caa.states() == {event: "failed"}
    assert named in caa.reasons(event)[0]
    assert caa.requests() == []


async def test_an_image_id_beyond_32_bits(caa: Stage) -> None:
    name = f"mbid-{R1}-9876543210.png"
    caa.archive.items.clear()
    caa.item(R1, name)
    caa.insert("delete_image", {"artwork_id": 9876543210, "gid": R1, "suffix": "png"})
    await drain(caa)
    assert caa.writes() == [f"DELETE /s3/mbid-{R1}/{name}"]


@pytest.mark.parametrize(
    "message", [{}, {"fail": False}, {"n": 5, "list": [1], "x": None}, {"sleep": 0.01}], ids=repr
)
async def test_a_noop_takes_any_keys(caa: Stage, message: object) -> None:
    event = caa.insert("noop", message)
    await drain(caa)
    assert caa.states() == {event: "completed"}


async def test_unknown_keys_make_another_job_of_the_same_meaning(caa: Stage) -> None:
    caa.insert("index", {"gid": R1})
    caa.insert("index", {"gid": R1, "why": "asked by a person"})
    await drain(caa)
    assert caa.requests() == CAA.reindex(R1) * 2


@pytest.mark.parametrize(
    "reset",
    [
        "UPDATE artwork_indexer.event_queue SET state = 'queued', attempts = 0",
        "UPDATE artwork_indexer.event_queue SET state = 'queued'",
    ],
)
async def test_failed_rows_are_requeued_by_hand(caa: Stage, reset: LiteralString) -> None:
    """State, and perhaps attempts: the row is due at once."""
    caa.insert("index", {"gid": R1}, state="failed", attempts=4)
    caa.sql(reset)
    await drain(caa)
    assert caa.states() == {1: "completed"}
    assert caa.requests() == CAA.reindex(R1)


async def test_rows_by_hand_keep_the_hours_of_their_attempts(caa: Stage) -> None:
    """attempts × 1 h after last_updated, as for the first-generation daemon."""
    fresh = caa.insert("noop", {"n": 1}, attempts=2)
    caa.sql(
        "INSERT INTO artwork_indexer.event_queue"
        " (entity_type, action, message, attempts, last_updated)"
        """ VALUES ('release', 'noop', '{"n": 2}', 2, now() - interval '121 minutes')"""
    )
    await drain(caa)
    assert caa.states() == {fresh: "queued", fresh + 1: "completed"}
