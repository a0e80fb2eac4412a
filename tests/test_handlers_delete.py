"""The action ``delete_image``: the last copy of an image is never deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artwork_indexer.actions.context import ActionSettings
from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    NotYet,
    PermanentError,
    TransientError,
)
from tests.handlers_fixtures import NOW, R1, R2, UNKNOWN, MakeStage, Stage, image
from tests.http_fixtures import say

pytest_plugins = ["tests.handlers_plugin"]

DELETE = f"DELETE /mbid-{R1}/{image(R1, 7)}"
BLIND = ActionSettings(verify_copies=False)


async def delete(stage: Stage, gid: str = R1, **event: object) -> str | None:
    return await stage.run("delete_image", artwork_id=7, gid=gid, suffix="jpg", **event)


def copy_from(old: str = R1, **other: object) -> dict[str, object]:
    return {"artwork_id": 7, "old_gid": old, "new_gid": R2, "suffix": "jpg"} | other


def moved(stage: Stage) -> None:
    """Image 7 went from R1 to R2."""
    stage.art.add(7, 2)


async def test_image_that_an_editor_removed(stage: Stage) -> None:
    assert await delete(stage) is None
    (request,) = stage.outside.journal
    assert f"{request.method} {request.path}" == DELETE
    assert request.header("x-archive-keep-old-version") == "1"
    assert request.header("x-archive-cascade-delete") == "1"


async def test_unowned_image_of_a_deleted_entity(stage: Stage) -> None:
    assert await delete(stage, UNKNOWN) is None
    assert stage.outside.requests == [f"DELETE /mbid-{UNKNOWN}/{image(UNKNOWN, 7)}"]


@pytest.mark.parametrize("verify", [True, False])
async def test_audit_never_deletes_what_nobody_owns(make_stage: MakeStage, *, verify: bool) -> None:
    stage = make_stage(settings=ActionSettings(verify_copies=verify))
    with pytest.raises(PermanentError, match="review"):
        await delete(stage, origin="audit")
    assert stage.outside.requests == []


async def test_image_that_is_live(stage: Stage) -> None:
    stage.art.add(7, 1)
    with pytest.raises(PermanentError, match=f"still belongs to the release {R1}"):
        await delete(stage)
    assert stage.outside.requests == []


async def test_weakness_W_proven_copy(stage: Stage) -> None:
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {image(R2, 7): b"bytes"})
    assert await delete(stage) is None
    assert stage.outside.requests == [
        f"GET /metadata/mbid-{R1}",
        f"GET /metadata/mbid-{R2}",
        DELETE,
    ]


async def test_image_that_is_moved_back_while_its_copy_is_checked(stage: Stage) -> None:
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {image(R2, 7): b"bytes"})
    listed = stage.outside.replies["GET", f"/metadata/mbid-{R2}"]

    async def move_back(request: web.Request) -> web.StreamResponse:
        stage.art.execute("UPDATE cover_art_archive.cover_art SET release = 1 WHERE id = 7")
        return await listed(request)

    stage.outside.replies["GET", f"/metadata/mbid-{R2}"] = move_back
    with pytest.raises(NotYet, match="moved while"):
        await delete(stage)
    assert stage.outside.writes == []


@pytest.mark.parametrize("body", [b"other", b"", b"bytez"])
async def test_weakness_W_other_bytes(stage: Stage, body: bytes) -> None:
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {image(R2, 7): body})
    with pytest.raises(PermanentError, match="different content"):
        await delete(stage)
    assert stage.outside.writes == []


async def test_weakness_W_copy_that_is_not_there_yet(stage: Stage) -> None:
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    for files in ({}, {image(R2, 7, "png"): b"bytes"}, {f"history/{image(R2, 7)}": b"bytes"}):
        stage.outside.record(R2, files)
        with pytest.raises(NotYet, match="not listed yet"):
            await delete(stage)
    stage.outside.raw_record(R2, b"{}")
    with pytest.raises(NotYet, match="not listed yet"):
        await delete(stage)
    assert stage.outside.writes == []


@pytest.mark.parametrize(
    ("waited", "seconds"),
    [(0, 60), (100, 60), (1000, 500), (7200, 3600), (70 * 3600, 3600), (71.9 * 3600, 360)],
)
async def test_waits_grow(stage: Stage, waited: float, seconds: float) -> None:
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {})
    with pytest.raises(NotYet) as waiting:
        await delete(stage, snoozed_since=NOW - timedelta(seconds=waited))
    assert waiting.value.seconds == pytest.approx(seconds)


async def test_waiting_has_an_end(make_stage: MakeStage) -> None:
    stage = make_stage()
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {})
    with pytest.raises(PermanentError, match="A review is needed"):
        await delete(stage, snoozed_since=NOW - timedelta(hours=72))
    impatient = make_stage(settings=ActionSettings(copy_wait_hours=0))
    with pytest.raises(PermanentError, match="A review is needed"):
        await delete(impatient)


async def test_without_checksums_there_is_no_proof(stage: Stage) -> None:
    moved(stage)
    stage.outside.raw_record(R1, f'{{"files": [{{"name": "{image(R1, 7)}"}}]}}'.encode())
    stage.outside.raw_record(R2, f'{{"files": [{{"name": "{image(R2, 7)}"}}]}}'.encode())
    with pytest.raises(NotYet, match="No checksum"):
        await delete(stage)


async def test_source_that_is_absent(stage: Stage) -> None:
    moved(stage)
    stage.outside.record(R1, {"index.json": b"{}"})
    assert await delete(stage) == "already absent: nothing deleted"
    stage.outside.no_item(R1)
    assert await delete(stage) == "already absent: nothing deleted"
    assert stage.outside.writes == []


async def test_source_that_may_still_get_the_image(stage: Stage) -> None:
    moved(stage)
    stage.outside.record(R1, {}, pending_tasks=True)
    with pytest.raises(NotYet, match="unfinished tasks"):
        await delete(stage)
    stage.outside.raw_record(R1, b"{}")
    stage.outside.replies["GET", f"/details/mbid-{R1}"] = say(200, b"<html>")
    with pytest.raises(NotYet, match="no record"):
        await delete(stage)


@pytest.mark.parametrize("sign", [{"pending_tasks": True}, {"has_redrow": True}])
async def test_copy_that_a_task_may_be_about_to_remove(
    stage: Stage, sign: dict[str, object]
) -> None:
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {image(R2, 7): b"bytes"}, **sign)
    with pytest.raises(NotYet, match="unfinished tasks"):
        await delete(stage)
    assert stage.outside.writes == []


@pytest.mark.parametrize("gid", [R1, R2])
async def test_dark_items(stage: Stage, gid: str) -> None:
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {image(R2, 7): b"bytes"})
    stage.outside.raw_record(gid, b'{"is_dark": true, "server": "x"}')
    with pytest.raises(PermanentError, match="offline"):
        await delete(stage)
    assert stage.outside.writes == []


@pytest.mark.parametrize("gid", [R1, R2])
@pytest.mark.parametrize(("status", "body"), [(500, b"<html>"), (200, b"<html>"), (200, b"{")])
async def test_unreadable_items(stage: Stage, gid: str, status: int, body: bytes) -> None:
    moved(stage)
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {image(R2, 7): b"bytes"})
    stage.outside.raw_record(gid, body, status)
    with pytest.raises(TransientError):
        await delete(stage)
    assert stage.outside.writes == []


async def test_darkened_entities(stage: Stage) -> None:
    moved(stage)
    stage.art.darken(2)
    with pytest.raises(PermanentError, match="darkened"):
        await delete(stage)
    stage.art.darken(1)
    assert await delete(stage) == "darkened in MusicBrainz: nothing written"
    assert stage.outside.requests == []


async def test_blind_deletion_is_for_edits_only(make_stage: MakeStage) -> None:
    stage = make_stage(settings=BLIND)
    moved(stage)
    assert await delete(stage) is None
    assert stage.outside.requests == [DELETE]
    stage.outside.record(R1, {image(R1, 7): b"bytes"})
    stage.outside.record(R2, {image(R2, 7): b"other"})
    with pytest.raises(PermanentError, match="different content"):
        await delete(stage, origin="audit")


@pytest.mark.parametrize("blind", [True, False])
@pytest.mark.parametrize("state", ["queued", "running", "failed"])
async def test_weakness_V_a_copy_that_still_needs_the_image(
    make_stage: MakeStage, state: str, *, blind: bool
) -> None:
    stage = make_stage(settings=ActionSettings(verify_copies=not blind))
    copy = stage.art.queue("copy_image", copy_from(), state=state)
    with pytest.raises(PermanentError, match=rf"event {copy} \({state}\)"):
        await delete(stage)
    with pytest.raises(PermanentError, match=rf"event {copy} \({state}\)"):
        await delete(stage, id=copy - 1, depends_on=(copy + 1,))
    assert stage.outside.requests == []
    assert await delete(stage, depends_on=(copy,)) is None


async def test_weakness_V_other_copies_do_not_matter(stage: Stage) -> None:
    stage.art.queue("copy_image", copy_from(), state="completed")
    stage.art.queue("copy_image", copy_from(artwork_id=8))
    stage.art.queue("copy_image", copy_from(suffix="png"))
    stage.art.queue("copy_image", copy_from(UNKNOWN))
    stage.art.queue("copy_image", copy_from(), entity_type="event")
    assert await delete(stage) is None


async def test_vanished_parent(make_stage: MakeStage) -> None:
    stage = make_stage(settings=BLIND)
    with pytest.raises(PermanentError, match=r"\(41\)"):
        await delete(stage, depends_on=(41, 42), vanished_parents=(41,))
    assert stage.outside.requests == []


async def test_without_keys(make_stage: MakeStage) -> None:
    stage = make_stage(keys={})
    with pytest.raises(CredentialsRefused):
        await delete(stage)


listings = st.dictionaries(
    st.sampled_from([image(R1, 7), image(R2, 7), image(R2, 8), image(R2, 7, "png")]),
    st.sampled_from([b"a", b"b"]),
)


@given(
    owner=st.sampled_from([None, 1, 2]),
    source=listings,
    target=listings,
    origin=st.sampled_from(["edit", "operator", "audit"]),
)
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_no_image_is_deleted_without_a_proven_copy(
    stage: Stage,
    owner: int | None,
    source: dict[str, bytes],
    target: dict[str, bytes],
    origin: str,
) -> None:
    stage.art.execute("DELETE FROM cover_art_archive.cover_art")
    stage.art.execute("TRUNCATE artwork_indexer.event_queue CASCADE")
    if owner is not None:
        stage.art.add(7, owner)
    stage.outside.record(R1, source)
    stage.outside.record(R2, target)
    stage.outside.journal.clear()
    try:
        await delete(stage, origin=origin)
    except EventError:
        assert stage.outside.writes == []
    removed_by_editor = owner is None and origin != "audit"
    proven = owner == 2 and source.get(image(R1, 7), b"-") == target.get(image(R2, 7))
    assert (stage.outside.writes == [DELETE]) is (removed_by_editor or proven)


async def test_delete_of_a_chain_whose_image_came_back(stage: Stage) -> None:
    stage.art.add(7, 1)
    assert await delete(stage, depends_on=(5,)) == "the image came back: nothing deleted"
    with pytest.raises(PermanentError, match="still belongs"):
        await delete(stage, depends_on=(5,), origin="audit")
    assert stage.outside.writes == []


async def test_blind_deletion_spares_what_a_darkened_entity_owns(make_stage: MakeStage) -> None:
    stage = make_stage(settings=BLIND)
    moved(stage)
    stage.art.darken(2)
    with pytest.raises(PermanentError, match="darkened"):
        await delete(stage)
    assert stage.outside.writes == []
