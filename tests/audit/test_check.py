"""``artwork-indexer check``: the whole way from the command to what it prints."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.internet_archive import Archive, Content, fault_kinds
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService
from artwork_indexer.sandbox.world import World

pytestmark = pytest.mark.timeout(240)


@dataclass
class Stage:
    """A healthy world, and the command."""

    config: Path
    conninfo: str
    archive: Archive
    world: World

    async def check(self, *arguments: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "artwork_indexer", "--config", str(self.config), "check"),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        built = await world.build(connection, releases=30, events=8)
        await connection.execute("TRUNCATE artwork_indexer.event_queue CASCADE")
    archive = Archive()
    await populated(archive, database_url)
    for item in archive.items.values():
        item.age(7 * 86400)
    async with serving(archive, WebService(database_url)) as base_url:
        config = tmp_path / "config.ini"
        config.write_text(config_text(base_url, database_url), "utf-8")
        yield Stage(config, database_url, archive, built)


async def test_healthy_entities_are_clean(stage: Stage, tmp_path: Path) -> None:
    names = tmp_path / "mbids"
    names.write_text("\n".join(stage.world.releases.live), "utf-8")
    code, out, err = await stage.check("release", "--file", str(names))
    assert (code, err) == (0, "")
    assert out.count("  clean") == len(stage.world.releases.live)
    code, out, err = await stage.check("event", *stage.world.events.live)
    assert (code, err) == (0, "")


async def test_findings_are_told_and_nothing_is_written(stage: Stage) -> None:
    gid = stage.world.releases.with_art[0]
    item = stage.archive.items[f"mbid-{gid}"]
    document = json.loads(item.files["index.json"].content.read())
    document["images"][0]["comment"] = "not what MusicBrainz says"
    item.put("index.json", Content.of(json.dumps(document).encode()), item.created)
    stage.archive.journal.clear()

    code, out, _ = await stage.check("release", gid)
    assert code == 1
    assert "not what MusicBrainz says" in out
    code, out, _ = await stage.check("release", gid, "--json")
    told = json.loads(out)
    assert code == 1
    assert told["result"] == "findings"
    assert [finding["severity"] for finding in told["findings"]] == ["content"]
    assert {entry.method for entry in stage.archive.journal} == {"GET"}


async def test_an_improper_answer_is_unreadable(stage: Stage) -> None:
    gid = stage.world.releases.with_art[0]
    stage.archive.faults.add("GET", f"/metadata/mbid-{gid}", fault_kinds.garbage(), times=None)
    code, out, _ = await stage.check("release", gid, "--json")
    assert code == 3
    assert json.loads(out)["result"] == "unreadable"


async def test_an_archive_that_is_away_leaves_what_was_judged_before(stage: Stage) -> None:
    first, second = stage.world.releases.with_art[:2]
    away = fault_kinds.too_many()
    stage.archive.faults.add("GET", f"/metadata/mbid-{second}", away, times=None)
    code, out, err = await stage.check("release", first, second)
    assert (code, err) == (3, "")
    assert (out.count("  clean"), out.count("  not now")) == (1, 1)
    code, out, _ = await stage.check("release", first, second, "--json")
    assert code == 3
    assert [told["result"] for told in json.loads(out)] == ["clean", "unreadable"]


async def test_what_changed_just_now_is_judged_all_the_same(stage: Stage) -> None:
    gid = stage.world.releases.with_art[0]
    stage.archive.items[f"mbid-{gid}"].touch(time.time())
    code, out, _ = await stage.check("release", gid, "--json")
    told = json.loads(out)
    assert (code, told["result"]) == (0, "clean")
    assert [wait["reason"] for wait in told["waits"]] == ["changed-just-now"]


async def test_an_mbid_is_demanded(stage: Stage) -> None:
    assert (await stage.check("release"))[0] == 2
    assert (await stage.check("release", "nonsense"))[0] == 2


async def test_a_mirror_needs_no_event_queue(stage: Stage) -> None:
    with psycopg.connect(stage.conninfo, autocommit=True) as connection:
        connection.execute("DROP SCHEMA artwork_indexer CASCADE")
    code, out, err = await stage.check("release", stage.world.releases.with_art[0])
    assert (code, err) == (0, "")
    assert "clean" in out


async def test_a_field_that_is_not_compared_is_refused(stage: Stage) -> None:
    stage.config.write_text(stage.config.read_text() + "\n[audit]\nxml_fields = title colour\n")
    code, _, err = await stage.check("release", stage.world.releases.with_art[0])
    assert code == 2
    assert "colour" in err
    assert "barcode" in err
