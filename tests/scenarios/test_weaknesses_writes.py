"""Weaknesses of the first-generation daemon in what it writes and deletes, and when."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aiohttp import web

from artwork_indexer.sandbox.internet_archive import Content
from artwork_indexer.sandbox.internet_archive import fault_kinds as faults
from tests.scenarios.expected import CAA, R1, R2, R3, delete, document, original, put
from tests.scenarios.running import drain, drain_for_hours
from tests.scenarios.stage import Stage

MOVE = "UPDATE cover_art_archive.cover_art SET release = 2 WHERE release = 1"
SECOND_IMAGE = (
    "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
    " VALUES (9876543210, 1, 'image/png', 2, 1)"
)
UNKNOWN = "00000000-1111-4222-8333-444444444444"


async def test_weakness_M_a_deleted_entity_is_not_written(caa: Stage) -> None:
    event = caa.insert("index", {"gid": UNKNOWN})
    await drain(caa)
    assert caa.states() == {event: "completed"}
    assert "not in MusicBrainz" in caa.column("remark", event)
    assert caa.requests() == []


async def test_weakness_M_a_merged_entity_is_not_written(caa: Stage) -> None:
    caa.sql(
        "INSERT INTO musicbrainz.release_gid_redirect (gid, new_id) VALUES (%s::uuid, 1)", UNKNOWN
    )
    event = caa.insert("index", {"gid": UNKNOWN})
    await drain(caa)
    assert caa.states() == {event: "completed"}
    assert R1 in caa.column("remark", event)
    assert caa.requests() == []


async def test_weakness_M_a_darkened_entity_is_not_written(caa: Stage) -> None:
    caa.sql("UPDATE musicbrainz.release_meta SET cover_art_presence = 'darkened' WHERE id = 1")
    events = [
        caa.insert("index", {"gid": R1}),
        caa.insert("delete_image", {"artwork_id": 1, "gid": R1, "suffix": "jpg"}),
        caa.insert("deindex", {"gid": R1}),
        caa.insert("copy_image", {"artwork_id": 2, "old_gid": R3, "new_gid": R1, "suffix": "png"}),
    ]
    await drain(caa)
    assert caa.states() == dict.fromkeys(events, "completed")
    assert all("darkened" in caa.column("remark", event) for event in events)
    assert caa.requests() == []


def moved(_request: web.Request) -> web.StreamResponse:
    """The answer for a merged MBID: elsewhere, and the other document all the same."""
    location = {"Location": f"/ws/2/release/{R2}?inc=artists"}
    return web.Response(status=301, headers=location, body=document("release", R2))


def not_found(_request: web.Request) -> web.StreamResponse:
    body = b"<?xml version='1.0'?><error><text>Not Found</text><text>x</text></error>"
    return web.Response(status=404, body=body, content_type="application/xml")


@pytest.mark.parametrize(("answer", "said"), [(moved, R2), (not_found, "not found")])
async def test_weakness_M_the_web_service_knows_better(
    caa: Stage, answer: Callable[[web.Request], web.StreamResponse], said: str
) -> None:
    caa.web_answers[R1] = answer
    event = caa.insert("index", {"gid": R1})
    await drain(caa)
    assert caa.states() == {event: "completed"}
    assert said in caa.column("remark", event)
    assert caa.requests() == [CAA.get(R1)]


@pytest.mark.parametrize(
    "body",
    [document("release", R2), b"", b"<html>", b'{"id": 1}', document("event", R1)],
    ids=["another MBID", "empty", "a page", "JSON", "another kind"],
)
async def test_weakness_M_a_wrong_document_is_not_stored(caa: Stage, body: bytes) -> None:
    caa.web_answers[R1] = lambda _request: web.Response(body=body, content_type="application/xml")
    event = caa.insert("index", {"gid": R1})
    await drain(caa)
    assert caa.requests() == [CAA.get(R1)]
    (queued,) = caa.queue()
    assert (queued.state, queued.attempts) == ("queued", 1)
    assert "web service" in caa.reasons(event)[0]


async def test_weakness_N_deindexing_removes_index_json_and_nothing_else(caa: Stage) -> None:
    """The document stays until somebody asks for its removal explicitly."""
    document_name = f"mbid-{R1}_mb_metadata.xml"
    caa.archive.items.clear()
    caa.item(R1, "index.json", document_name)
    caa.commit(
        "DELETE FROM cover_art_archive.cover_art WHERE id = 1",
        "DELETE FROM musicbrainz.release_country WHERE release = 1",
        "DELETE FROM musicbrainz.release WHERE id = 1",
    )
    caa.forget_queue()
    caa.insert("deindex", {"gid": R1})
    await drain(caa)
    assert caa.requests() == [delete(R1, "index.json")]
    assert caa.files(R1) == {document_name}


async def test_weakness_S_overload_uses_no_attempt_and_pauses_the_service(caa: Stage) -> None:
    caa.archive.faults.add("PUT", "index.json", faults.slow_down(retry_after=300))
    first = caa.insert("index", {"gid": R1})
    second = caa.insert("index", {"gid": R3})
    await drain(caa)
    assert [(e.state, e.attempts) for e in caa.queue()] == [("queued", 0), ("queued", 0)]
    assert caa.reasons(first) == caa.reasons(second) == []
    ((service, seconds),) = caa.sql(
        "SELECT service, extract(epoch FROM paused_until - paused_since)::float8"
        "  FROM artwork_indexer.service_pause"
    )
    assert service == "archive"
    assert seconds == 300
    assert caa.writes() == [put(R1, "index.json")]

    await drain(caa)
    assert caa.writes() == [put(R1, "index.json")]
    await drain_for_hours(caa)
    assert caa.states() == {first: "completed", second: "completed"}


async def test_weakness_S_a_permanent_refusal_is_not_repeated(caa: Stage) -> None:
    caa.archive.faults.add("PUT", "index.json", faults.status(400))
    event = caa.insert("index", {"gid": R1})
    await drain(caa)
    (failed,) = caa.queue()
    assert (failed.state, failed.attempts) == ("failed", 1)
    assert "HTTP 400" in caa.reasons(event)[0]


async def test_weakness_S_a_passing_failure_waits_a_minute_and_a_bit(caa: Stage) -> None:
    caa.archive.faults.add("PUT", "index.json", faults.html(500))
    event = caa.insert("index", {"gid": R1})
    await drain(caa)
    (queued,) = caa.queue()
    assert (queued.state, queued.attempts) == ("queued", 1)
    seconds = caa.one(
        "SELECT extract(epoch FROM run_after - last_updated)::float8"
        "  FROM artwork_indexer.event_queue WHERE id = %s",
        event,
    )
    assert 60 <= seconds < 120


async def test_weakness_W_nothing_is_deleted_before_its_copy_is_listed(caa: Stage) -> None:
    """The archive answers 200 and copies later; the index of the target does not wait."""
    caa.archive.settings.delay = 3600
    caa.commit(MOVE)
    await drain(caa)
    assert delete(R1, original(R1, 1)) not in caa.writes()
    assert put(R2, "index.json") in caa.writes()
    (removal,) = [event for event in caa.queue() if event.action == "delete_image"]
    assert (removal.state, removal.attempts) == ("queued", 0)

    caa.archive.settings.delay = 0
    caa.archive.settle()
    await drain_for_hours(caa)
    assert caa.writes()[-2:] == [delete(R1, original(R1, 1)), delete(R1, "index.json")]


async def test_weakness_W_a_copy_that_never_shows_is_for_a_person(caa: Stage) -> None:
    """Its index does not wait for that; what would remove the rest of the old item does."""
    caa.configure("indexer", copy_wait_hours="1.5")
    caa.archive.settings.delay = 1e6
    caa.commit(MOVE)
    await drain(caa)
    caa.sql(
        "UPDATE artwork_indexer.event_queue SET snoozed_since = now() - interval '91 minutes'"
        " WHERE snoozed_since IS NOT NULL"
    )
    caa.make_due()
    await drain(caa)
    ended = {event.action: (event.state, event.attempts) for event in caa.queue()}
    assert ended == {
        "copy_image": ("completed", 1),
        "delete_image": ("failed", 1),
        "index": ("completed", 1),
        "deindex": ("failed", 0),
    }
    assert not [request for request in caa.writes() if request.startswith("DELETE")]


async def test_weakness_W_other_bytes_are_no_copy(caa: Stage) -> None:
    caa.sql(MOVE)
    caa.forget_queue()
    item = caa.item(R2)
    item.put(original(R2, 1), Content.of(b"something else"), caa.archive.clock.now())
    removal = caa.insert("delete_image", {"artwork_id": 1, "gid": R1, "suffix": "jpg"})
    await drain(caa)
    assert caa.states() == {removal: "failed"}
    assert "different content" in caa.reasons(removal)[0]
    assert caa.writes() == []


async def test_weakness_W_a_live_image_is_never_deleted(caa: Stage) -> None:
    removal = caa.insert("delete_image", {"artwork_id": 1, "gid": R1, "suffix": "jpg"})
    deindex = caa.insert("deindex", {"gid": R1})
    await drain(caa)
    assert caa.states() == {removal: "failed", deindex: "failed"}
    assert caa.writes() == []


async def test_weakness_W_deindexing_waits_for_every_image(caa: Stage) -> None:
    caa.commit(SECOND_IMAGE)
    caa.forget_queue()
    item = caa.archive.items[f"mbid-{R1}"]
    item.put(original(R1, 9876543210, "png"), Content.of(b"png"), caa.archive.clock.now())
    caa.commit(MOVE)
    removals = [event.id for event in caa.queue() if event.action == "delete_image"]
    assert len(removals) == 2
    for last in [e for e in caa.queue() if e.action in {"deindex", "index"}]:
        assert last.depends_on == removals, last
    await drain_for_hours(caa)
    assert set(caa.states().values()) == {"completed"}
    assert caa.files(R1) == set()
    assert {original(R2, 1), original(R2, 9876543210, "png")} <= caa.files(R2)
    assert caa.writes()[-1] == delete(R1, "index.json")


async def test_a_vanished_parent_releases_no_delete(caa: Stage) -> None:
    """It releases everything else: an id that no longer exists counts as satisfied."""
    caa.sql("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    caa.forget_queue()
    removal = caa.insert(
        "delete_image", {"artwork_id": 1, "gid": R1, "suffix": "jpg"}, depends_on=[999]
    )
    deindex = caa.insert("deindex", {"gid": R2}, depends_on=[999])
    index = caa.insert("index", {"gid": R3}, depends_on=[999])
    await drain(caa)
    assert caa.states() == {removal: "failed", deindex: "failed", index: "completed"}
    assert "999" in caa.reasons(removal)[0]
    assert caa.writes() == CAA.reindex(R3)[1:]


async def test_weakness_X_reasons_tell_status_and_body_in_bounds(caa: Stage) -> None:
    caa.archive.faults.add("PUT", "index.json", faults.status(400, "why? " + "x" * 100_000))
    event = caa.insert("index", {"gid": R1})
    await drain(caa)
    (reason,) = caa.reasons(event)
    assert "HTTP 400" in reason
    assert "why? xxx" in reason
    assert len(reason) < 2000
    assert caa.sql("SELECT http_status, attempt FROM artwork_indexer.event_failure_reason") == [
        (400, 1)
    ]


async def test_weakness_X_images_of_one_ordering_are_listed_by_id(caa: Stage) -> None:
    caa.commit(
        "SET LOCAL session_replication_role = 'replica'",
        "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
        " VALUES (9, 1, 'image/png', 1, 1), (4, 1, 'image/gif', 1, 1)",
        "UPDATE cover_art_archive.cover_art SET comment = '' WHERE id = 1",
    )
    caa.insert("index", {"gid": R1})
    await drain(caa)
    assert caa.entries("PUT", "index.json")[0].body == CAA.index_json(
        R1,
        [
            CAA.image(R1, 1, front=True, types=["Front"]),
            CAA.image(R1, 4, suffix="gif"),
            CAA.image(R1, 9, suffix="png"),
        ],
    )


def test_weakness_X_a_suffix_that_changed_does_not_lose_the_file(caa: Stage) -> None:
    """A corrected MIME type and a merge in one go: the file has the name it was stored under."""
    caa.commit(
        "UPDATE cover_art_archive.cover_art SET release = 2, mime_type = 'image/png' WHERE id = 1"
    )
    copies = [event.message for event in caa.queue() if event.action == "copy_image"]
    assert copies == [{"artwork_id": 1, "old_gid": R1, "new_gid": R2, "suffix": "jpg"}]
