"""The audit in the daemon: from a seeded row to a verdict, a repair, and its verification."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from artwork_indexer.observer import Observer
from artwork_indexer.sandbox import webservice_faults
from artwork_indexer.sandbox.internet_archive import Content, fault_kinds
from tests.audit.auditor_fixtures import AuditStage, audit_stage
from tests.queue_fixtures import until as until_within

until = partial(until_within, limit=50)


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[AuditStage]:
    async with audit_stage(database_url, tmp_path) as it:
        yield it


def spoil(stage: AuditStage, gid: str) -> None:
    """Let an index.json say something else than MusicBrainz."""
    item = stage.archive.items[f"mbid-{gid}"]
    document = json.loads(item.files["index.json"].content.read())
    document["images"][0]["comment"] = "not what MusicBrainz says"
    item.put("index.json", Content.of(json.dumps(document).encode()), item.created)


async def test_a_healthy_world_is_clean_with_one_request_each(stage: AuditStage) -> None:
    gids = stage.world.releases.with_art
    stage.seed(gids)
    assert await stage.run() == 0
    assert set(stage.states().values()) == {"clean"}
    assert stage.events() == []
    assert len(stage.webservice.journal) == len(gids)

    stage.archive.journal.clear()
    stage.webservice.journal.clear()
    stage.rows.run("UPDATE artwork_indexer.audit_entity SET next_audit_at = now()")
    assert await stage.run() == 0
    assert stage.webservice.journal == []
    asked = sorted(path for _, path in stage.requests())
    assert asked == sorted(f"/metadata/mbid-{gid}" for gid in gids)
    assert all(row["attempts"] == 2 for row in stage.rows.table("audit_entity"))


async def test_drift_is_found_repaired_and_verified(stage: AuditStage) -> None:
    gid = stage.world.releases.with_art[0]
    spoil(stage, gid)
    stage.seed(stage.world.releases.with_art)
    assert await stage.run() == 0
    assert stage.states()[gid] == "clean"
    assert [(event["action"], event["state"], event["origin"]) for event in stage.events()] == [
        ("index", "completed", "audit")
    ]
    assert [row["verdict"] for row in stage.rows.table("audit_history")] == [
        "repair_queue",
        "clean",
    ]


async def test_report_mode_writes_nothing_and_repair_mode_takes_over(stage: AuditStage) -> None:
    gid = stage.world.releases.with_art[0]
    spoil(stage, gid)
    stage.seed([gid])
    stage.settings["mode"] = "report"
    assert await stage.run() == 0
    assert stage.states() == {gid: "deferred"}
    assert stage.findings(gid) == ["image-comment-wrong"]
    assert stage.events() == []
    assert {method for method, _ in stage.requests()} == {"GET"}

    stage.settings["mode"] = "repair"
    assert await stage.run() == 0
    assert stage.states() == {gid: "clean"}


def variables(conninfo: str, section: str) -> dict[str, str]:
    """A connection string as environment variables of a section."""
    return {
        f"ARTWORK_INDEXER_{section}_{key.upper()}": str(value)
        for key, value in conninfo_to_dict(conninfo).items()
    }


async def test_expected_states_come_from_a_replica(stage: AuditStage) -> None:
    spoil(stage, stage.world.releases.with_art[0])
    stage.seed(stage.world.releases.with_art)
    stage.environ = variables(stage.conninfo, "DATABASE_READONLY")
    assert await stage.run() == 0
    assert set(stage.states().values()) == {"clean"}


async def test_a_replica_that_has_nothing_ruins_nothing(
    stage: AuditStage, musicbrainz_url: str
) -> None:
    gids = stage.world.releases.with_art
    stage.seed(gids)
    stage.settings["deletions"] = "yes"
    stage.environ = variables(musicbrainz_url, "DATABASE_READONLY")
    daemon = await stage.daemon()
    running = asyncio.create_task(daemon.run())
    await until(lambda: all(row["last_audit_at"] for row in stage.rows.table("audit_entity")))
    daemon.stop()
    assert await running == 0
    assert {row["deferral_reason"] for row in stage.rows.table("audit_entity")} == {
        "database-changed"
    }
    assert stage.events() == []


async def test_a_mirror_is_never_repaired(stage: AuditStage) -> None:
    gid = stage.world.releases.with_art[0]
    spoil(stage, gid)
    stage.seed([gid])
    stage.rows.run("ALTER TABLE cover_art_archive.cover_art DROP CONSTRAINT cover_art_fk_release")
    stage.rows.run("UPDATE musicbrainz.replication_control SET last_replication_date = now()")
    assert await stage.run() == 0
    assert stage.states() == {gid: "deferred"}
    assert stage.findings(gid) == ["image-comment-wrong"]
    assert stage.events() == []


async def test_an_unreadable_answer_is_no_verdict(stage: AuditStage) -> None:
    gid = stage.world.releases.with_art[0]
    stage.seed([gid])
    stage.archive.faults.add("GET", f"/metadata/mbid-{gid}", fault_kinds.garbage(), times=None)
    assert await stage.run() == 0
    row = stage.rows.entity(gid)
    assert row["status"] == "deferred"
    assert row["deferral_reason"].startswith("unreadable")
    assert stage.rows.wait(gid) >= 1


async def test_a_busy_archive_is_left_alone_and_nothing_is_lost(stage: AuditStage) -> None:
    gids = stage.world.releases.with_art
    stage.seed(gids)
    stage.archive.faults.add("GET", "/metadata/", fault_kinds.slow_down(retry_after=3600), times=1)
    assert await stage.run() == 0
    pauses = stage.rows.table("service_pause")
    assert [pause["service"] for pause in pauses] == ["archive"]
    assert "audit_in_progress" not in stage.states().values()
    asked = len(stage.requests())
    assert asked < 2 * len(gids)
    assert await stage.run() == 0
    assert len(stage.requests()) == asked

    stage.rows.run("DELETE FROM artwork_indexer.service_pause")
    assert await stage.run() == 0
    states = list(stage.states().values())
    assert (states.count("deferred"), states.count("clean")) == (1, len(gids) - 1)


async def test_one_item_that_always_answers_so_does_not_stop_the_others(
    stage: AuditStage,
) -> None:
    gids = stage.world.releases.with_art
    stage.settings["concurrency"] = "1"
    stage.seed(gids[:1], priority=200)
    stage.seed(gids[1:])
    busy = fault_kinds.slow_down(retry_after=1)
    stage.archive.faults.add("GET", f"/metadata/mbid-{gids[0]}", busy, times=None)
    daemon = await stage.daemon()
    running = asyncio.create_task(daemon.run())
    await until(lambda: list(stage.states().values()).count("clean") == len(gids) - 1)
    daemon.stop()
    assert await running == 0
    row = stage.rows.entity(gids[0])
    assert row["deferral_reason"] == "service-paused: archive"


async def test_a_paused_web_service_holds_the_audits(stage: AuditStage) -> None:
    gids = stage.world.releases.with_art
    stage.settings["concurrency"] = "1"
    stage.seed(gids)
    stage.webservice.faults.add("/ws/2/", webservice_faults.RATE_LIMITED)
    daemon = await stage.daemon()
    running = asyncio.create_task(daemon.run())
    await until(lambda: bool(stage.rows.table("service_pause")))
    await until(lambda: "clean" in stage.states().values())
    daemon.stop()
    assert await running == 0
    assert len(stage.webservice.journal) <= 1 + list(stage.states().values()).count("clean") + 1
    deferred = [row for row in stage.rows.table("audit_history") if row["verdict"] == "deferred"]
    assert [row["reason"] for row in deferred] == ["service-paused: musicbrainz"]


async def test_without_a_web_service_nothing_is_enqueued(stage: AuditStage) -> None:
    gid = stage.world.releases.with_art[0]
    spoil(stage, gid)
    stage.seed([gid])
    stage.environ = {"ARTWORK_INDEXER_MUSICBRAINZ_URL": ""}
    assert await stage.run() == 0
    assert stage.states() == {gid: "deferred"}
    assert stage.findings(gid) == ["image-comment-wrong"]
    assert stage.events() == []


async def test_an_event_that_was_taken_for_a_release_is_left_alone(stage: AuditStage) -> None:
    gid = stage.world.events.with_art[0]
    item = stage.archive.items[f"mbid-{gid}"]
    originals = [name for name in item.files if name.endswith((".jpg", ".png", ".gif", ".pdf"))]
    for name in originals:
        del item.files[name]
    item.touch()
    stage.settings["deletions"] = "yes"
    stage.seed([gid], "release")
    assert await stage.run() == 0
    assert stage.states() == {gid: "legacy"}
    assert stage.findings(gid) == []
    assert stage.events() == []


async def test_a_daily_round_of_nothing_does_not_spin(stage: AuditStage) -> None:
    gid = stage.world.releases.with_art[0]
    stage.settings["reaudit_days"] = "0"
    stage.seed([gid])
    clock = asyncio.get_running_loop().time
    begun = clock()
    assert await stage.run() == 0
    # It is due again after a second, and a run of the daemon may take longer than that.
    assert stage.rows.entity(gid)["attempts"] <= 1 + (clock() - begun)


async def test_a_change_in_musicbrainz_during_the_audit_throws_the_verdict_away(
    stage: AuditStage,
) -> None:
    gid = stage.world.releases.with_art[0]
    spoil(stage, gid)
    stage.seed([gid])
    hang = fault_kinds.Hang()
    rule = stage.archive.faults.add("GET", f"/metadata/mbid-{gid}", hang)
    running = asyncio.create_task(stage.run())
    await until(lambda: rule.hits == 1)
    stage.rows.run("UPDATE musicbrainz.release SET name = 'Renamed' WHERE gid = %(gid)s", gid=gid)
    hang.release()
    assert await running == 0
    reasons = {row["reason"] for row in stage.rows.table("audit_history")}
    assert "database-changed" in reasons or "open-events" in reasons


async def test_an_original_that_changed_asks_a_person(stage: AuditStage) -> None:
    gid = stage.world.releases.with_art[0]
    stage.seed([gid])
    assert await stage.run() == 0
    item = stage.archive.items[f"mbid-{gid}"]
    image = stage.world.images[gid][0]
    name = next(name for name in item.files if name.startswith(f"mbid-{gid}-{image}."))
    item.put(name, Content.of(b"somebody replaced this"), item.created)
    stage.rows.make_due(gid)
    assert await stage.run() == 0
    assert stage.states() == {gid: "manual_review"}
    assert stage.findings(gid) == ["original-replaced"]


async def test_a_copy_of_ours_explains_a_changed_original(stage: AuditStage) -> None:
    gid, other = stage.world.releases.with_art[:2]
    stage.seed([gid])
    assert await stage.run() == 0
    item = stage.archive.items[f"mbid-{gid}"]
    image = stage.world.images[gid][0]
    name = next(name for name in item.files if name.startswith(f"mbid-{gid}-{image}."))
    item.put(name, Content.of(b"our copy"), item.created)
    event = stage.rows.copy(image, other, gid)
    stage.rows.complete(event)
    stage.rows.make_due(gid)
    assert await stage.run() == 0
    assert stage.states()[gid] == "clean"


async def test_a_verdict_that_the_database_refuses_keeps_no_other_back(
    stage: AuditStage, caplog: pytest.LogCaptureFixture
) -> None:
    gids = stage.world.releases.with_art[:5]
    stage.seed(gids)
    stage.rows.run(
        """
        CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'not this one'; END $$
        """
    )
    stage.rows.run(
        f"""
        CREATE TRIGGER refuse BEFORE UPDATE ON artwork_indexer.audit_entity FOR EACH ROW
          WHEN (NEW.gid = '{gids[2]}' AND NEW.status = 'clean')
          EXECUTE FUNCTION public.refuse()
        """
    )
    assert await stage.run() == 0
    states = stage.states()
    assert states.pop(gids[2]) == "deferred"
    assert set(states.values()) == {"clean"}
    assert f"audit of release {gids[2]}: its verdict cannot be written" in caplog.text


async def test_a_stop_gives_the_claims_back(stage: AuditStage) -> None:
    gids = stage.world.releases.with_art[:5]
    stage.seed(gids)
    hang = fault_kinds.Hang()
    rule = stage.archive.faults.add("GET", "/metadata/", hang, times=None)
    daemon = await stage.daemon()
    running = asyncio.create_task(daemon.run())
    await until(lambda: rule.hits == len(gids))
    daemon.stop()
    # Those that hang would be given up after 30 s.
    assert await asyncio.wait_for(running, 20) == 0
    assert set(stage.states().values()) == {"unchecked"}


async def test_the_brake_is_told_once(stage: AuditStage, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    class Ear(Observer):
        def audit_braked(self, reason: str) -> None:
            told.append(reason)

    for gid in stage.world.releases.with_art:
        spoil(stage, gid)
    stage.settings |= {"brake_window": "3", "concurrency": "2", "mode": "report"}
    stage.seed(stage.world.releases.with_art)
    with caplog.at_level(logging.ERROR):
        assert await stage.run(Ear(), idle_loops=4) == 0
    assert len(told) == 1
    assert "audit resume" in caplog.text
    assert "unchecked" in stage.states().values()
