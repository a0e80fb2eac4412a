"""The action ``copy_image``."""

from __future__ import annotations

from datetime import timedelta

import pytest

from artwork_indexer.actions.context import ActionSettings
from artwork_indexer.errors import CredentialsRefused, NotYet, PermanentError, TransientError
from tests.handlers_fixtures import NOW, R1, R2, R3, UNKNOWN, MakeStage, Stage, image
from tests.http_fixtures import say

pytest_plugins = ["tests.handlers_plugin"]

TARGET = ("PUT", f"/mbid-{R2}/{image(R2, 7)}")
NO_SUCH_KEY = b"<Error><Code>NoSuchKey</Code><Resource>x</Resource></Error>"


async def copy(stage: Stage, old: str = R1, new: str = R2, **event: object) -> str | None:
    return await stage.run(
        "copy_image", artwork_id=7, old_gid=old, new_gid=new, suffix="jpg", **event
    )


def incoming(new: str = R1, **other: object) -> dict[str, object]:
    return {"artwork_id": 7, "old_gid": UNKNOWN, "new_gid": new, "suffix": "jpg"} | other


def no_source(stage: Stage, **at_target: bytes) -> None:
    """The source is missing; the target's item lists these images, by suffix."""
    stage.outside.replies[TARGET] = say(404, NO_SUCH_KEY)
    files = {image(R2, 7, suffix): body for suffix, body in at_target.items()}
    stage.outside.record(R2, files)


async def test_copy(stage: Stage) -> None:
    assert await copy(stage) is None
    (request,) = stage.outside.journal
    assert (request.method, request.path) == TARGET
    assert request.header("x-amz-copy-source") == f"/mbid-{R1}/{image(R1, 7)}"
    assert request.body == b""


async def test_target_that_was_merged_on_gets_its_copy(stage: Stage) -> None:
    assert await copy(stage, new=R3) is None
    assert stage.outside.requests == [f"PUT /mbid-{R3}/{image(R3, 7)}"]


async def test_darkened_target_is_left_alone(stage: Stage) -> None:
    stage.art.darken(2)
    assert await copy(stage) == "darkened in MusicBrainz: nothing written"
    assert stage.outside.requests == []


async def test_missing_source_is_permanent(stage: Stage) -> None:
    no_source(stage)
    stage.art.queue("copy_image", incoming(artwork_id=8))
    stage.art.queue("copy_image", incoming(new=R3))
    stage.art.queue("copy_image", incoming(suffix="png"))
    stage.art.queue("copy_image", incoming(), entity_type="event")
    stage.art.queue("delete_image", {"artwork_id": 7, "gid": R1, "suffix": "jpg"})
    with pytest.raises(PermanentError, match=r"HTTP 404.*NoSuchKey"):
        await copy(stage)


@pytest.mark.parametrize("state", ["queued", "running", "completed"])
async def test_weakness_O_source_that_is_on_its_way(stage: Stage, state: str) -> None:
    stage.outside.replies[TARGET] = say(404, NO_SUCH_KEY)
    earlier = stage.art.queue("copy_image", incoming(), state=state)
    with pytest.raises(NotYet, match=f"event {earlier} brings it") as waiting:
        await copy(stage, id=earlier + 1)
    assert waiting.value.seconds == 60


async def test_weakness_O_a_later_copy_does_not_count(stage: Stage) -> None:
    no_source(stage)
    later = stage.art.queue("copy_image", incoming())
    with pytest.raises(PermanentError, match="HTTP 404"):
        await copy(stage, id=later)


async def test_source_whose_copy_was_long_ago(make_stage: MakeStage) -> None:
    stage = make_stage(settings=ActionSettings(copy_wait_hours=2))
    no_source(stage)
    earlier = stage.art.queue("copy_image", incoming(), state="completed")
    stage.art.execute(
        "UPDATE artwork_indexer.event_queue SET completed_at = now() - interval '121 minutes'"
    )
    with pytest.raises(PermanentError, match="HTTP 404"):
        await copy(stage, id=earlier + 1)


async def test_source_whose_copy_failed(stage: Stage) -> None:
    no_source(stage)
    earlier = stage.art.queue("copy_image", incoming(), state="failed")
    with pytest.raises(PermanentError, match=f"event {earlier}.*has failed"):
        await copy(stage, id=earlier + 1)


async def test_image_that_was_moved_away_and_back(stage: Stage) -> None:
    no_source(stage, jpg=b"bytes")
    failed = stage.art.queue("copy_image", incoming(), state="failed")
    assert await copy(stage, id=failed + 1) == "already at its new place: nothing copied"


async def test_another_file_at_the_target_is_not_the_image(stage: Stage) -> None:
    no_source(stage, png=b"bytes")
    with pytest.raises(PermanentError, match="HTTP 404"):
        await copy(stage)


async def test_copy_that_copied_nothing_brings_nothing(stage: Stage) -> None:
    no_source(stage)
    done = stage.art.queue("copy_image", incoming(), state="completed")
    stage.art.execute("UPDATE artwork_indexer.event_queue SET remark = 'taken back'")
    with pytest.raises(PermanentError, match="HTTP 404"):
        await copy(stage, id=done + 1)


async def test_waiting_for_the_source_has_an_end(stage: Stage) -> None:
    stage.outside.replies[TARGET] = say(404, NO_SUCH_KEY)
    earlier = stage.art.queue("copy_image", incoming())
    with pytest.raises(PermanentError, match="copy_wait_hours"):
        await copy(stage, id=earlier + 1, snoozed_since=NOW - timedelta(hours=72))


async def test_other_errors_come_through(stage: Stage) -> None:
    stage.outside.replies[TARGET] = say(500, b"oops")
    with pytest.raises(TransientError, match="HTTP 500"):
        await copy(stage)
    stage.outside.replies[TARGET] = say(400, b"no")
    with pytest.raises(PermanentError, match="HTTP 400"):
        await copy(stage)


async def test_without_keys(make_stage: MakeStage) -> None:
    stage = make_stage(keys={"eaa": "LOW x:y"})
    with pytest.raises(CredentialsRefused):
        await copy(stage)
    assert stage.outside.requests == []
