"""The daemon audits recorded answers of the Internet Archive, served byte for byte."""

from __future__ import annotations

import hashlib
import json

import pytest

from artwork_indexer.archive import names
from tests.audit.recorded_fixtures import RecordedStage, md5_of_document
from tests.audit.recorded_rows import Release, an_image, images_of_index, release_of_record
from tests.queue_fixtures import GIDS
from tests.recorded import recorded

pytest_plugins = ["tests.audit.recorded_plugin"]

OF_2025 = "02cd52d7-2d0c-41a4-bf9c-59894bebab8c"
OF_2015 = "8dd38d9f-eae6-47a7-baa8-eaa467042687"
DARK = "3c556c47-110d-4782-a607-c93e486bccf8"
OTHER = "b0b05f23-50a4-4f35-a0f1-1c6e0b3a7a57"

OLD_FORMS = dict.fromkeys(
    (
        "index-entity-url-http",
        "index-image-urls-http",
        "index-other-bytes",
        "index-thumbnail-keys-absent",
    ),
    1,
)
ID_TEXT = "image-id-text"
NO_IMAGE_WANTED = {"index-entity-url-http": 1, "index-other-bytes": 1}
"""What is told of the old forms when no image of them belongs there."""

EMPTY_ANSWERS = ("missing_e3e23e23r32r32", "missing_mbid-8dd38d9f-*")
STRANGE_ANSWERS = [
    answer
    for answer in (
        "metadata/edited_coverartarchive_audit_*.json",
        "metadata/mbid-02cd52d7-*.json",
        "s3/check_limit_ok.json",
        "s3/error_slowdown_*.xml",
        "search/scrape_*.json",
        "search/advancedsearch_*.json",
        "index_json/python_2025_*.json",
        "ws2/event_*.xml",
    )
    for _ in ("of an entity that lives", "of one that is gone")
]
LIVES = ("with art", "without art", "darkened", "merged", "gone")


def record_of(gid: str) -> bytes:
    return recorded(f"metadata/mbid-{gid}.json")


def index_of(gid: str) -> bytes:
    return recorded(f"index_json/*_{gid}.json")


def serve_item(stage: RecordedStage, gid: str) -> None:
    """The recorded item; nobody recorded its document."""
    stage.outside.bodies |= {
        f"/metadata/mbid-{gid}": record_of(gid),
        f"/download/mbid-{gid}/index.json": index_of(gid),
    }


def write_matching(stage: RecordedStage, gid: str) -> None:
    release = stage.musicbrainz.release(release_of_record(record_of(gid)))
    stage.musicbrainz.images("release", release, images_of_index(index_of(gid)))


async def watch_known(stage: RecordedStage, gid: str) -> None:
    """Audited before: the document is known to be right."""
    await stage.watch(gid, xml_md5=md5_of_document(record_of(gid), gid))


async def live_as(stage: RecordedStage, gid: str, life: str) -> None:
    """Let this have become of an MBID in MusicBrainz, and watch it."""
    musicbrainz = stage.musicbrainz
    if life == "merged":
        musicbrainz.redirect(gid, musicbrainz.release(Release(gid=OTHER, title="survivor")))
    elif life != "gone":
        release = musicbrainz.release(Release(gid=gid, title="alive"))
        if life == "with art":
            musicbrainz.images("release", release, [an_image(7)])
        if life == "darkened":
            musicbrainz.darken(release)
    await stage.watch(gid)


async def test_the_item_of_2025_is_healthy(stage: RecordedStage) -> None:
    serve_item(stage, OF_2025)
    write_matching(stage, OF_2025)
    await watch_known(stage, OF_2025)
    assert await stage.run() == 0
    assert stage.verdict(OF_2025) == ("clean", {})
    assert stage.outside.journal == [("GET", f"/metadata/mbid-{OF_2025}")]

    listed = {file["name"]: file for file in json.loads(record_of(OF_2025))["files"]}
    kept = stage.kept(OF_2025)
    assert kept.index_md5 == listed["index.json"]["md5"]
    assert kept.originals == {
        number: listed[names.image(OF_2025, number, "png")]["md5"][:12]
        for number in (entry["id"] for entry in images_of_index(index_of(OF_2025)))
    }
    built = (await stage.expected(OF_2025)).index_bytes
    assert hashlib.md5(built).hexdigest() == listed["index.json"]["md5"]
    assert len(built) == int(listed["index.json"]["size"])


async def test_a_first_audit_asks_each_service_once(stage: RecordedStage) -> None:
    serve_item(stage, OF_2025)
    write_matching(stage, OF_2025)
    item, file = names.item(OF_2025), names.metadata_xml(OF_2025)
    stage.outside.store(item, file, await stage.document(OF_2025))
    await stage.watch(OF_2025)
    assert await stage.run() == 0
    assert stage.verdict(OF_2025) == ("clean", {})
    assert stage.outside.journal == [
        ("GET", f"/metadata/{item}"),
        ("GET", f"/ws/2/release/{OF_2025}"),
    ]


async def test_a_document_that_cannot_be_had_gives_no_verdict(stage: RecordedStage) -> None:
    serve_item(stage, OF_2025)
    write_matching(stage, OF_2025)
    await stage.watch(OF_2025)
    assert await stage.run() == 0
    assert stage.verdict(OF_2025) == ("deferred", {})
    assert stage.reason(OF_2025) == f"unreadable: The file {names.metadata_xml(OF_2025)}"


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("comment = 'another'", {"image-comment-wrong": 1}),
        ("mime_type = 'image/jpeg'", {"image-url-wrong": 1, "original-missing": 1}),
        ("ordering = 99", {"image-order-wrong": 1}),
    ],
)
async def test_one_change_of_a_row_is_one_finding(
    stage: RecordedStage, change: str, kinds: dict[str, int]
) -> None:
    serve_item(stage, OF_2025)
    write_matching(stage, OF_2025)
    number = images_of_index(index_of(OF_2025))[3]["id"]
    stage.rows.run(f"UPDATE cover_art_archive.cover_art SET {change} WHERE id = %(id)s", id=number)
    await watch_known(stage, OF_2025)
    assert await stage.run() == 0
    status = "manual_review" if "original-missing" in kinds else "deferred"
    assert stage.verdict(OF_2025) == (status, kinds)


async def test_replaced_bytes_of_a_real_original(stage: RecordedStage) -> None:
    serve_item(stage, OF_2025)
    write_matching(stage, OF_2025)
    await watch_known(stage, OF_2025)
    assert await stage.run() == 0
    number = images_of_index(index_of(OF_2025))[0]["id"]
    path = f"/metadata/mbid-{OF_2025}"
    record = json.loads(stage.outside.bodies[path])
    (entry,) = (file for file in record["files"] if file["name"].endswith(f"-{number}.png"))
    entry["md5"] = "0" * 32
    stage.outside.bodies[path] = json.dumps(record).encode()
    stage.rows.make_due(OF_2025)
    assert await stage.run() == 0
    assert stage.verdict(OF_2025) == ("manual_review", {"original-replaced": 1})


async def test_the_item_of_2015_in_report_mode(stage: RecordedStage) -> None:
    serve_item(stage, OF_2015)
    write_matching(stage, OF_2015)
    await watch_known(stage, OF_2015)
    assert await stage.run() == 0
    assert stage.verdict(OF_2015) == ("deferred", {ID_TEXT: 9, **OLD_FORMS})
    assert stage.reason(OF_2015) == "report-mode"
    assert stage.outside.journal == [
        ("GET", f"/metadata/mbid-{OF_2015}"),
        ("GET", f"/download/mbid-{OF_2015}/index.json"),
    ]
    assert stage.events() == []
    severities = {row["kind"]: row["severity"] for row in stage.rows.table("audit_finding", "kind")}
    assert severities == {ID_TEXT: "content", **dict.fromkeys(OLD_FORMS, "format")}


async def test_the_item_of_2015_is_indexed(stage: RecordedStage) -> None:
    serve_item(stage, OF_2015)
    write_matching(stage, OF_2015)
    await watch_known(stage, OF_2015)
    stage.settings["mode"] = "repair"
    assert await stage.run() == 0
    assert stage.verdict(OF_2015) == ("clean", {})
    (event,) = stage.events()
    assert (event["action"], event["state"], event["origin"]) == ("index", "completed", "audit")
    assert stage.methods == {"GET", "PUT"}
    assert stage.outside.written == {
        f"mbid-{OF_2015}/index.json": (await stage.expected(OF_2015)).index_bytes,
        f"mbid-{OF_2015}/{names.metadata_xml(OF_2015)}": await stage.document(OF_2015),
    }
    verdicts = [row["verdict"] for row in stage.rows.table("audit_history")]
    assert verdicts == ["repair_queue", "clean"]


@pytest.mark.parametrize(
    ("gid", "life", "kinds"),
    [
        (OF_2025, "gone", {"stray-unknown": 7, "leftover-index": 1}),
        (OF_2015, "gone", {"stray-unknown": 9, "leftover-index": 1}),
        (OF_2025, "without art", {"stray-unknown": 7}),
        (
            OF_2015,
            "without art",
            {"stray-unknown": 9, ID_TEXT: 9, **NO_IMAGE_WANTED},
        ),
    ],
)
async def test_images_that_nobody_owns_need_a_person(
    stage: RecordedStage, gid: str, life: str, kinds: dict[str, int]
) -> None:
    serve_item(stage, gid)
    if life == "gone":
        await stage.watch(gid)
    else:
        stage.musicbrainz.release(release_of_record(record_of(gid)))
        await watch_known(stage, gid)
    stage.settings["mode"] = "repair"
    assert await stage.run() == 0
    assert stage.verdict(gid) == ("manual_review", kinds)
    assert stage.events() == []
    assert [row["status"] for row in stage.rows.table("needs_manual_review")] == ["open"]


async def merge(stage: RecordedStage, gid: str) -> None:
    """The entity of a recorded item was merged into another, which got its images."""
    release = stage.musicbrainz.release(Release(gid=OTHER, title="survivor"))
    stage.musicbrainz.images("release", release, images_of_index(index_of(gid)))
    stage.musicbrainz.redirect(gid, release)
    stage.outside.bodies[f"/metadata/mbid-{OTHER}"] = recorded("metadata/missing_e3e*.json")
    serve_item(stage, gid)


@pytest.mark.parametrize("gid", [OF_2025, OF_2015])
async def test_originals_that_did_not_come_along(stage: RecordedStage, gid: str) -> None:
    await merge(stage, gid)
    await stage.watch(OTHER)
    await stage.watch(gid)
    assert await stage.run() == 0
    count = len(images_of_index(index_of(gid)))
    assert stage.verdict(OTHER) == ("deferred", {"original-elsewhere": count})
    assert stage.verdict(gid) == ("deferred", {"leftover-index": 1, "stray-not-copied": count})
    assert stage.events() == []
    assert stage.methods == {"GET"}


async def test_originals_that_came_along_are_not_deleted_without_leave(
    stage: RecordedStage,
) -> None:
    await merge(stage, OF_2015)
    copied = json.loads(record_of(OF_2015).replace(OF_2015.encode(), OTHER.encode()))
    stage.outside.bodies[f"/metadata/mbid-{OTHER}"] = json.dumps(copied).encode()
    await stage.watch(OF_2015)
    stage.settings["mode"] = "repair"
    assert await stage.run() == 0
    assert stage.verdict(OF_2015) == ("manual_review", {"leftover-index": 1, "stray-copied": 9})
    assert stage.events() == []


@pytest.mark.parametrize("life", LIVES)
async def test_a_dark_item(stage: RecordedStage, life: str) -> None:
    stage.outside.bodies[f"/metadata/mbid-{DARK}"] = recorded("metadata/dark_*.json")
    await live_as(stage, DARK, life)
    stage.settings["mode"] = "repair"
    assert await stage.run() == 0
    assert (
        stage.verdict(DARK)
        == {
            "with art": ("manual_review", {"item-dark": 1}),
            "without art": ("clean", {}),
            "darkened": ("clean", {}),
            "merged": ("legacy", {}),
            "gone": ("legacy", {}),
        }[life]
    )
    assert stage.outside.journal == [("GET", f"/metadata/mbid-{DARK}")]


@pytest.mark.parametrize("answer", EMPTY_ANSWERS)
@pytest.mark.parametrize("life", LIVES)
async def test_a_missing_item(stage: RecordedStage, life: str, answer: str) -> None:
    stage.outside.bodies[f"/metadata/mbid-{DARK}"] = recorded(f"metadata/{answer}.json")
    await live_as(stage, DARK, life)
    stage.settings["mode"] = "repair"
    assert await stage.run() == 0
    assert (
        stage.verdict(DARK)
        == {
            "with art": ("manual_review", {"item-missing": 1}),
            "without art": ("clean", {}),
            "darkened": ("clean", {}),
            "merged": ("legacy", {}),
            "gone": ("legacy", {}),
        }[life]
    )
    assert stage.outside.journal == [
        ("GET", f"/metadata/mbid-{DARK}"),
        ("GET", f"/details/mbid-{DARK}"),
    ]


@pytest.mark.parametrize("life", LIVES)
async def test_an_empty_record_of_an_item_that_has_a_page(stage: RecordedStage, life: str) -> None:
    stage.outside.bodies |= {
        f"/metadata/mbid-{DARK}": recorded("metadata/missing_e3e*.json"),
        f"/details/mbid-{DARK}": b"<html>here it is</html>",
    }
    await live_as(stage, DARK, life)
    assert await stage.run() == 0
    assert stage.verdict(DARK) == ("deferred", {})
    assert stage.reason(DARK) == "unreadable: The metadata record"


async def test_answers_about_something_else_give_no_verdict(stage: RecordedStage) -> None:
    answers = dict(zip(GIDS, STRANGE_ANSWERS, strict=False))
    for number, (gid, answer) in enumerate(answers.items(), start=1):
        stage.outside.bodies[f"/metadata/mbid-{gid}"] = recorded(answer)
        if number % 2:
            release = stage.musicbrainz.release(Release(gid=gid, title="alive"))
            stage.musicbrainz.images("release", release, [an_image(number)])
        await stage.watch(gid)
    assert await stage.run() == 0
    assert [stage.verdict(gid) for gid in answers] == [("deferred", {})] * len(answers)
    assert {stage.reason(gid) for gid in answers} == {"unreadable: The metadata record"}


async def test_the_recorded_slow_down_is_no_verdict(stage: RecordedStage) -> None:
    path = f"/metadata/mbid-{DARK}"
    stage.outside.bodies[path] = recorded("s3/error_slowdown_*.xml")
    stage.outside.statuses[path] = 503
    await live_as(stage, DARK, "with art")
    assert await stage.run() == 0
    assert stage.verdict(DARK) == ("deferred", {})
    assert stage.rows.entity(DARK)["deferral_reason"] == "service-paused: archive"
    assert [row["service"] for row in stage.rows.table("service_pause")] == ["archive"]
