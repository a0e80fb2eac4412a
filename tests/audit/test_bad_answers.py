"""Every bad answer, wherever the daemon's audit reads: no finding, not clean, no crash.

When the answers are good again, the verdict is the right one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from artwork_indexer.sandbox import webservice_faults
from artwork_indexer.sandbox.internet_archive import Content, fault_kinds
from artwork_indexer.sandbox.internet_archive.fault_kinds import Fault
from artwork_indexer.sandbox.internet_archive.item import Item
from tests.audit.auditor_fixtures import AuditStage, audit_stage
from tests.audit.simulation.troubles import KINDS, WEB_SERVICE_KINDS
from tests.recorded import recorded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PROPER: Final = {"late", "trickle"}
"""Not bad answers: the proper one, slowly."""
PAUSING: Final = {
    name: KINDS[name]
    for name in ("slow_down", "slow_down for an hour", "status 429", "status 503", "too_many")
} | {"too_many": lambda: fault_kinds.too_many("Fri, 31 Dec 2999 23:59:59 GMT")}
"""They speak of the whole service, and for longer than a run of the daemon takes."""
BAD: Final = {n: make for n, make in KINDS.items() if n not in PROPER | PAUSING.keys()}
REDIRECTED: Final = "0f0f0f0f-0000-4000-8000-{:012x}"
RECORDED_RECORDS: Final = (
    "metadata/missing_mbid-*",
    "metadata/missing_e3*",
    "metadata/edited_*",
    "metadata/mbid-02cd*",
    "metadata/mbid-8dd3*",
    "index_json/python_2025_*",
    "s3/check_limit_ok.json",
    "s3/error_slowdown_simulated.xml",
    "search/scrape_collection_nasa.json",
    "ws2/release_8eb2*",
)


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[AuditStage]:
    async with audit_stage(database_url, tmp_path, releases=120, events=2) as it:
        it.settings["mode"] = "report"
        yield it


def item_of(stage: AuditStage, gid: str) -> Item:
    return stage.archive.items[f"mbid-{gid}"]


def replace_text(item: Item, name: str, old: bytes, new: bytes) -> None:
    content = item.files[name].content.read()
    item.put(name, Content.of(content.replace(old, new, 1)), item.created)


def the_record(_stage: AuditStage, gid: str) -> str:
    return f"/metadata/mbid-{gid}"


def the_index(stage: AuditStage, gid: str) -> str:
    item = item_of(stage, gid)
    document = json.loads(item.files["index.json"].content.read())
    document["images"][0]["comment"] += "!"
    item.put("index.json", Content.of(json.dumps(document).encode()), item.created)
    return f"/download/mbid-{gid}/index.json"


def the_document(stage: AuditStage, gid: str) -> str:
    name = f"mbid-{gid}_mb_metadata.xml"
    replace_text(item_of(stage, gid), name, b"</title>", b"!</title>")
    return f"/download/mbid-{gid}/{name}"


def the_page(stage: AuditStage, gid: str) -> str:
    del stage.archive.items[f"mbid-{gid}"]
    return f"/details/mbid-{gid}"


def the_item_of_the_owner(stage: AuditStage, gid: str) -> str:
    """An image of somebody else is here too."""
    gids = stage.world.releases.with_art
    owner = gids[-1 - gids.index(gid)]
    name = original(stage, owner)
    stray = item_of(stage, owner).files[name].content
    item_of(stage, gid).put(name.replace(owner, gid), stray, item_of(stage, gid).created)
    return f"/metadata/mbid-{owner}"


def original(stage: AuditStage, gid: str) -> str:
    """The name of the first image of an entity."""
    start = f"mbid-{gid}-{stage.world.images[gid][0]}."
    return next(name for name in item_of(stage, gid).files if name.startswith(start))


def the_item_of_a_merged_one(stage: AuditStage, gid: str) -> str:
    """The original is missing here, and perhaps in an item whose MBID redirects here."""
    old = REDIRECTED.format(stage.world.releases.with_art.index(gid))
    stage.rows.run(
        "INSERT INTO musicbrainz.release_gid_redirect (gid, new_id)"
        " SELECT %(old)s, id FROM musicbrainz.release WHERE gid = %(gid)s",
        old=old,
        gid=gid,
    )
    item = item_of(stage, gid)
    name = original(stage, gid)
    holder = stage.archive.create(
        f"mbid-{old}", item.uploader, dict(item.metadata), created=item.created
    )
    holder.metadata["identifier"] = f"mbid-{old}"
    holder.put(name.replace(gid, old), item.files.pop(name).content, item.created)
    item.touch()
    return f"/metadata/mbid-{old}"


def at_its_node(prepare: Callable[[AuditStage, str], str]) -> Callable[[AuditStage, str], str]:
    """Downloads are redirected; this is where they end."""
    return lambda stage, gid: prepare(stage, gid).replace("/download/", "/items/")


@dataclass(frozen=True)
class Endpoint:
    """Something the audit reads; ``status`` and ``kinds`` are what it says when it can."""

    prepare: Callable[[AuditStage, str], str]
    status: str
    kinds: tuple[str, ...]
    good: frozenset[str] = frozenset()
    """Answers that are proper ones here."""


REDIRECT: Final = frozenset({"truncated", "no body"})
"""A redirect needs no body."""
ENDPOINTS: Final = {
    "record": Endpoint(the_record, "clean", ()),
    "way to the index": Endpoint(the_index, "deferred", ("image-comment-wrong",), REDIRECT),
    "index": Endpoint(at_its_node(the_index), "deferred", ("image-comment-wrong",)),
    "way to the document": Endpoint(the_document, "deferred", ("xml-title",), REDIRECT),
    "document": Endpoint(at_its_node(the_document), "deferred", ("xml-title",)),
    "page": Endpoint(the_page, "manual_review", ("item-missing",), frozenset({"status 404"})),
    "owner": Endpoint(the_item_of_the_owner, "manual_review", ("stray-copied",)),
    "merged": Endpoint(the_item_of_a_merged_one, "deferred", ("original-elsewhere",)),
}


async def run_to_the_end(stage: AuditStage) -> None:
    """Run the daemon; when so many bad answers made it rest, once more."""
    for _ in range(20):
        assert await stage.run() == 0
        stage.rows.run("DELETE FROM artwork_indexer.service_pause")
        if not {"unchecked", "audit_in_progress"} & set(stage.states().values()):
            return
    raise AssertionError("The audit gets nowhere.")


def is_unjudged(stage: AuditStage, gid: str) -> bool:
    """Deferred for a reason, and nothing was found."""
    row = stage.rows.entity(gid)
    reasons = ("unreadable", "service-paused", "too-slow")
    return (
        stage.findings(gid) == []
        and row["status"] == "deferred"
        and row["deferral_reason"].startswith(reasons)
    )


async def spoil_and_mend(
    stage: AuditStage, endpoint: Endpoint, faults: Mapping[str, Callable[[], Fault]]
) -> None:
    """One entity for each bad answer, all audited together; then without them."""
    gids = dict(zip(faults, stage.world.releases.with_art[1:], strict=False))
    assert len(gids) == len(faults)
    for name, gid in gids.items():
        path = endpoint.prepare(stage, gid)
        stage.archive.faults.add("GET", path, faults[name](), times=None)
    stage.seed(gids.values())
    await run_to_the_end(stage)
    judged = {name for name, gid in gids.items() if not is_unjudged(stage, gid)}
    assert judged == endpoint.good & gids.keys()
    assert stage.events() == []

    stage.archive.faults.clear()
    stage.rows.run("UPDATE artwork_indexer.audit_entity SET next_audit_at = now()")
    await run_to_the_end(stage)
    for name, gid in gids.items():
        assert stage.states()[gid] == endpoint.status, name
        content = [kind for kind in stage.findings(gid) if not kind.startswith("thumbnail")]
        assert tuple(content) == endpoint.kinds, name
    assert stage.events() == []


def test_all_faults_of_the_stand_in_are_used() -> None:
    used = {name.split(" ")[0] for name in KINDS}
    covered = used | {"garbage", "redirect", "edit_json", "trickle", "hang"}
    assert set(fault_kinds.KINDS) <= covered


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_bad_answers_are_never_judged(
    stage: AuditStage, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        await spoil_and_mend(stage, ENDPOINTS[name], BAD)
    assert "unexpected error" not in caplog.text


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_a_service_that_has_to_rest_is_no_finding(stage: AuditStage, name: str) -> None:
    endpoint = ENDPOINTS[name]
    gids = dict(zip(PAUSING, stage.world.releases.with_art[1:], strict=False))
    for fault, gid in gids.items():
        rule = stage.archive.faults.add(
            "GET", endpoint.prepare(stage, gid), PAUSING[fault](), times=None
        )
        stage.seed([gid])
        assert await stage.run() == 0
        assert rule.hits == 1
        row = stage.rows.entity(gid)
        assert (row["status"], row["deferral_reason"]) == ("deferred", "service-paused: archive")
        assert stage.findings(gid) == []
        assert [row["service"] for row in stage.rows.table("service_pause")] == ["archive"]
        stage.archive.faults.clear()
        await run_to_the_end(stage)
        stage.rows.run("DELETE FROM artwork_indexer.service_pause")
        stage.rows.make_due(gid)
        await run_to_the_end(stage)
        assert stage.states()[gid] == endpoint.status


@pytest.mark.parametrize("fault", WEB_SERVICE_KINDS, ids=lambda fault: fault.name)
async def test_the_web_service_gives_bad_answers(
    stage: AuditStage, fault: webservice_faults.Fault
) -> None:
    gid = stage.world.releases.with_art[1]
    stage.seed([gid])
    stage.webservice.faults.add(gid, fault, times=100)
    assert await stage.run() == 0
    assert is_unjudged(stage, gid)
    stage.webservice.faults.clear()
    stage.rows.run("DELETE FROM artwork_indexer.service_pause")
    stage.rows.make_due(gid)
    assert await stage.run() == 0
    assert stage.states() == {gid: "clean"}


@pytest.mark.parametrize("place", ["record", "web service"])
async def test_no_answer_at_all(stage: AuditStage, place: str) -> None:
    stage.settings["lease_seconds"] = "5"
    gid = stage.world.releases.with_art[1]
    stage.seed([gid])
    if place == "record":
        stage.archive.faults.add("GET", f"/metadata/mbid-{gid}", fault_kinds.Hang(), times=None)
    else:
        stage.webservice.faults.add(gid, webservice_faults.HANG, times=100)
    assert await stage.run() == 0
    assert stage.rows.entity(gid)["deferral_reason"] == "too-slow"
    assert is_unjudged(stage, gid)


@pytest.mark.parametrize("name", RECORDED_RECORDS)
async def test_recorded_answers_to_other_questions(stage: AuditStage, name: str) -> None:
    body = recorded(name).decode()
    faults = {name: lambda: fault_kinds.garbage(body)}
    await spoil_and_mend(stage, ENDPOINTS["record"], faults)


@pytest.mark.parametrize("name", [name for name in RECORDED_RECORDS if "s3" not in name])
async def test_recorded_answers_instead_of_the_index(stage: AuditStage, name: str) -> None:
    body = recorded(name).decode()
    faults = {name: lambda: fault_kinds.garbage(body)}
    await spoil_and_mend(stage, ENDPOINTS["index"], faults)


# --- malformed rows of MusicBrainz


LOOSE: Final = """
    ALTER TABLE cover_art_archive.cover_art
        DROP CONSTRAINT cover_art_fk_mime_type, DROP CONSTRAINT cover_art_fk_edit,
        ALTER COLUMN mime_type DROP NOT NULL, ALTER COLUMN edit DROP NOT NULL,
        ALTER COLUMN comment DROP NOT NULL, ALTER COLUMN ordering DROP NOT NULL
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("mime_type = 'image/webp'", "'image/webp'"),
        ("mime_type = NULL", "no MIME type"),
        ("comment = NULL", "no comment"),
        ("edit = NULL", "no edit"),
        ("ordering = NULL", "no ordering"),
    ],
)
async def test_a_malformed_row_names_itself_and_asks_a_person(
    stage: AuditStage, change: str, words: str
) -> None:
    gid, other = stage.world.releases.with_art[1:3]
    image = stage.world.images[gid][0]
    stage.settings |= {"mode": "repair", "deletions": "yes"}
    stage.rows.run(LOOSE)
    stage.rows.run("ALTER TABLE cover_art_archive.cover_art DISABLE TRIGGER USER")
    stage.rows.run(f"UPDATE cover_art_archive.cover_art SET {change} WHERE id = {image}")
    stage.rows.run("ALTER TABLE cover_art_archive.cover_art ENABLE TRIGGER USER")
    stage.seed([gid, other])
    assert await stage.run() == 0
    assert stage.states() == {gid: "manual_review", other: "clean"}
    assert stage.findings(gid) == ["musicbrainz-row-malformed"]
    (question,) = stage.rows.table("needs_manual_review")
    assert f"row {image} of cover_art_archive.cover_art" in question["review_reason"]
    assert words in question["review_reason"]
    assert stage.events() == []
    assert {method for method, _ in stage.requests()} == {"GET"}
