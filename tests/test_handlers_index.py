"""The actions ``index``, ``deindex`` and ``noop``."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from artwork_indexer.actions.context import ActionSettings
from artwork_indexer.actions.index import ALREADY_RIGHT
from artwork_indexer.errors import (
    CredentialsRefused,
    NotYet,
    Outage,
    Overloaded,
    PermanentError,
    TransientError,
)
from artwork_indexer.index_json import build, serialize
from artwork_indexer.projects import CAA
from tests.handlers_fixtures import E1, R1, R2, R3, UNKNOWN, MakeStage, Stage, event
from tests.http_fixtures import say

pytest_plugins = ["tests.handlers_plugin"]


async def test_index_of_a_release(stage: Stage) -> None:
    stage.art.add(1031598329, 1, comment="❇", types=[1])
    stage.art.add(2, 1, ordering=2, mime_type="image/png", edit=2, types=[2, 3])
    body = stage.outside.document(R1)

    assert await stage.run("index", gid=R1) is None

    assert stage.outside.requests == [
        f"GET /ws/2/release/{R1}?inc=artists",
        f"PUT /mbid-{R1}/index.json",
        f"PUT /mbid-{R1}/mbid-{R1}_mb_metadata.xml",
    ]
    _, index, xml = stage.outside.journal
    assert xml.body == body
    document = json.loads(index.body)
    assert index.body == json.dumps(document, sort_keys=True).encode()
    assert document["release"] == f"https://musicbrainz.org/release/{R1}"
    first, second = document["images"]
    assert (first["id"], first["comment"], first["approved"]) == (1031598329, "❇", False)
    assert (first["front"], first["back"], first["types"]) == (True, False, ["Front"])
    assert (second["approved"], second["edit"], second["back"]) == (True, 2, True)
    assert second["image"].endswith("/2.png")
    assert sorted(second["types"]) == ["Back", "Booklet"]


async def test_index_of_an_event(stage: Stage) -> None:
    stage.art.add(7, 1, archive="event_art", types=[1])
    stage.outside.document(E1, "event")
    assert await stage.run("index", entity_type="event", gid=E1) is None
    _, index, _ = stage.outside.journal
    (image,) = json.loads(index.body)["images"]
    assert image["front"] is True
    assert "back" not in image
    assert index.header("x-archive-meta-collection") == "eventartarchive"
    assert index.header("authorization") == "LOW eaa_user:eaa_pass"


async def test_images_with_one_ordering_come_by_id(stage: Stage) -> None:
    stage.art.execute("ALTER TABLE cover_art_archive.cover_art DISABLE TRIGGER USER")
    for number in (5, 3, 4):
        stage.art.add(number, 1, ordering=1)
    stage.outside.document(R1)
    await stage.run("index", gid=R1)
    images = json.loads(stage.outside.journal[1].body)["images"]
    assert [image["id"] for image in images] == [3, 4, 5]


async def test_index_without_images_writes_an_empty_list(stage: Stage) -> None:
    stage.outside.document(R1)
    assert await stage.run("index", gid=R1) is None
    assert json.loads(stage.outside.journal[1].body)["images"] == []


async def test_weakness_M_merged_entity_is_not_written(stage: Stage) -> None:
    assert await stage.run("index", gid=R3) == f"merged into {R2}: nothing written"
    assert stage.outside.requests == []


async def test_weakness_M_unknown_entity_is_not_written(stage: Stage) -> None:
    assert await stage.run("index", gid=UNKNOWN) == "not in MusicBrainz: nothing written"
    assert await stage.run("index", gid=R1, entity_type="event") is not None
    assert stage.outside.requests == []


async def test_darkened_entity_is_not_written(stage: Stage) -> None:
    stage.art.add(1, 1)
    stage.art.darken(1)
    assert await stage.run("index", gid=R1) == "darkened in MusicBrainz: nothing written"
    assert stage.outside.requests == []


async def test_weakness_M_redirect_of_the_web_service_is_not_followed(stage: Stage) -> None:
    location = f"{stage.outside.url}/ws/2/release/{R2}?inc=artists"
    stage.outside.replies["GET", f"/ws/2/release/{R1}"] = say(301, b"<a/>", Location=location)
    remark = await stage.run("index", gid=R1)
    assert remark == f"merged into {R2}, says the web service: nothing written"
    assert stage.outside.requests == [f"GET /ws/2/release/{R1}?inc=artists"]


async def test_web_service_that_does_not_know_the_entity(stage: Stage) -> None:
    body = b"<error><text>Not Found</text></error>"
    stage.outside.replies["GET", f"/ws/2/release/{R1}"] = say(404, body)
    assert await stage.run("index", gid=R1) == "not found, says the web service: nothing written"
    assert stage.outside.writes == []


@pytest.mark.parametrize("change", ["merge", "darken"])
async def test_weakness_P_entity_that_changes_meanwhile(stage: Stage, change: str) -> None:
    stage.outside.document(R1)
    answer = stage.outside.replies["GET", f"/ws/2/release/{R1}"]

    async def change_first(request: web.Request) -> web.StreamResponse:
        if change == "merge":
            stage.art.execute("DELETE FROM musicbrainz.release WHERE gid = %s", R1)
        else:
            stage.art.darken(1)
        return await answer(request)

    stage.outside.replies["GET", f"/ws/2/release/{R1}"] = change_first
    assert (await stage.run("index", gid=R1) or "").endswith("nothing written")
    assert stage.outside.writes == []


async def test_weakness_P_newest_images_are_written(stage: Stage) -> None:
    stage.outside.document(R1)
    answer = stage.outside.replies["GET", f"/ws/2/release/{R1}"]

    async def add_first(request: web.Request) -> web.StreamResponse:
        stage.art.add(77, 1)
        return await answer(request)

    stage.outside.replies["GET", f"/ws/2/release/{R1}"] = add_first
    await stage.run("index", gid=R1)
    assert [image["id"] for image in json.loads(stage.outside.journal[1].body)["images"]] == [77]


async def test_unknown_image_type_names_the_row(stage: Stage) -> None:
    stage.art.execute(
        "ALTER TABLE cover_art_archive.cover_art DROP CONSTRAINT cover_art_fk_mime_type"
    )
    stage.art.add(5, 1, mime_type="image/webp")
    stage.outside.document(R1)
    with pytest.raises(PermanentError, match=r"row 5 of cover_art_archive\.cover_art.*image/webp"):
        await stage.run("index", gid=R1)
    assert stage.outside.writes == []


async def test_without_keys_nothing_is_asked(make_stage: MakeStage) -> None:
    stage = make_stage(keys={})
    with pytest.raises(CredentialsRefused, match="caa_access and caa_secret") as refused:
        await stage.run("index", gid=R1)
    assert refused.value.service == "caa-keys"
    assert stage.outside.requests == []


async def test_without_web_service_an_index_waits(make_stage: MakeStage) -> None:
    stage = make_stage(web_service=False)
    with pytest.raises(NotYet):
        await stage.run("index", gid=R1)


@pytest.mark.parametrize(
    ("index_right", "xml_right", "written"),
    [
        (True, True, []),
        (False, True, [f"PUT /mbid-{R1}/index.json"]),
        (True, False, [f"PUT /mbid-{R1}/mbid-{R1}_mb_metadata.xml"]),
    ],
)
async def test_weakness_U_repair_writes_only_what_is_wrong(
    stage: Stage, written: list[str], *, index_right: bool, xml_right: bool
) -> None:
    xml = stage.outside.document(R1)
    index = serialize(build(CAA, R1, []))
    files = {
        "index.json": index if index_right else index.replace(b"[", b"{"),
        f"mbid-{R1}_mb_metadata.xml": xml if xml_right else xml + b" ",
    }
    stage.outside.record(R1, files)
    remark = await stage.run("index", gid=R1, origin="audit")
    assert remark == (None if written else ALREADY_RIGHT)
    assert stage.outside.writes == written


async def test_weakness_U_edits_and_unsettled_items_are_always_written(stage: Stage) -> None:
    xml = stage.outside.document(R1)
    files = {
        "index.json": serialize(build(CAA, R1, [])),
        f"mbid-{R1}_mb_metadata.xml": xml,
    }
    stage.outside.record(R1, files)
    for origin in ("edit", "operator"):
        await stage.run("index", gid=R1, origin=origin)
    assert len(stage.outside.writes) == 4
    stage.outside.record(R1, files, pending_tasks=True)
    await stage.run("index", gid=R1, origin="audit")
    assert len(stage.outside.writes) == 6


async def test_failed_put_stops_there(stage: Stage) -> None:
    stage.outside.document(R1)
    stage.outside.replies["PUT", f"/mbid-{R1}/index.json"] = say(503, b"slow down")
    with pytest.raises(Overloaded):
        await stage.run("index", gid=R1)
    assert len(stage.outside.journal) == 2


@pytest.mark.parametrize(
    "gid", [None, 5, "", "A", R1.upper(), f"{{{R1}}}", R1.replace("-", ""), f"{R1}\n", [R1]]
)
async def test_weakness_A_wrong_mbid_is_a_permanent_error(stage: Stage, gid: object) -> None:
    for action in ("index", "deindex"):
        with pytest.raises(PermanentError, match="gid"):
            await stage.run(action, gid=gid)
    assert stage.outside.requests == []


@pytest.mark.parametrize("gid", [UNKNOWN, R3, R1])
async def test_deindex_of_what_has_no_art(stage: Stage, gid: str) -> None:
    assert await stage.run("deindex", gid=gid) is None
    assert stage.outside.requests == [f"DELETE /mbid-{gid}/index.json"]


async def test_deindex_refuses_a_live_entity_with_art(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.art.add(1, 1)
    with pytest.raises(PermanentError, match="has art"):
        await stage.run("deindex", gid=R1)
    blind = make_stage(settings=ActionSettings(verify_copies=False))
    with pytest.raises(PermanentError, match="has art"):
        await blind.run("deindex", gid=R1, origin="audit")
    assert stage.outside.requests == []
    await blind.run("deindex", gid=R1)
    assert stage.outside.writes == [f"DELETE /mbid-{R1}/index.json"]


async def test_deindex_leaves_a_darkened_entity_alone(stage: Stage) -> None:
    stage.art.add(1, 1)
    stage.art.darken(1)
    assert await stage.run("deindex", gid=R1) == "darkened in MusicBrainz: nothing written"
    assert stage.outside.requests == []


async def test_deindex_with_a_vanished_parent(stage: Stage) -> None:
    with pytest.raises(PermanentError, match=r"\(41, 42\)"):
        await stage.run("deindex", gid=UNKNOWN, depends_on=(41, 42), vanished_parents=(41, 42))
    assert stage.outside.requests == []


async def test_noop(stage: Stage) -> None:
    assert await stage.run("noop") is None
    assert await stage.run("noop", sleep=0.01, anything="else") is None
    with pytest.raises(TransientError, match=r"Failure \(no-op\)"):
        await stage.run("noop", fail=True)
    with pytest.raises(PermanentError, match="sleep"):
        await stage.run("noop", sleep="long")


async def test_unreachable_web_service(stage: Stage) -> None:
    stage.outside.replies["GET", f"/ws/2/release/{R1}"] = say(502)
    with pytest.raises(TransientError, match="HTTP 502"):
        await stage.handlers.handle(event("index", gid=R1))
    assert issubclass(Outage, Exception)
