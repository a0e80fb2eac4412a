"""What an audit of a healthy entity costs, and what an event notices of audits at full speed."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService
from benchmarks.draining import Round, report, wait_until
from benchmarks.latency import EDIT
from benchmarks.process import Process, program
from benchmarks.stage import TUNING, Stage, stand_ins, world_database

RELEASES = 6000
ROUNDS = 3
EDITS = 60
NAMES = ("healthy entities audited", "an audit", "a bare GET, md5 and batched UPDATE")
AUDIT = """
[audit]
enabled = yes
mode = repair
concurrency = 64
entities_per_hour =
entities_per_day =
settle_hours = 0
"""
SEED = b"""
INSERT INTO artwork_indexer.audit_entity (entity_type, gid)
SELECT DISTINCT 'release'::artwork_indexer.indexable_entity_type, release.gid
  FROM cover_art_archive.cover_art AS image
  JOIN musicbrainz.release ON release.id = image.release
    ON CONFLICT DO NOTHING
"""
ALL_DUE = b"UPDATE artwork_indexer.audit_entity SET next_audit_at = now()"
LEFT = b"""
SELECT count(*) FROM artwork_indexer.audit_entity
 WHERE status IN ('unchecked', 'audit_in_progress') OR next_audit_at <= now()
"""


def prepared(stage: Stage) -> Stage:
    """The same stage with a configuration that audits, without limits."""
    text = stage.config.read_text().replace("concurrency = 8", "concurrency = 64")
    stage.config.write_text(text + AUDIT)
    return stage


def all_audited(connection: psycopg.Connection[Any], process: Process, entities: int) -> Round:
    """Make every entity due and wait until each has its verdict."""
    connection.execute("VACUUM ANALYZE artwork_indexer.audit_entity")
    cpu = process.cpu_seconds()
    connection.execute(ALL_DUE)
    begun = time.monotonic()
    wait_until(lambda: connection.execute(LEFT).fetchone() == (0,), 300)
    seconds = time.monotonic() - begun
    return Round(entities, seconds, process.cpu_seconds() - cpu)


def reference(stage: Stage, connection: psycopg.Connection[Any]) -> Round:
    """A bare GET with its md5, and a batched UPDATE, from a process of their own."""
    rows = connection.execute("SELECT gid::text FROM artwork_indexer.audit_entity").fetchall()
    names = stage.directory / "audited"
    names.write_text("\n".join(gid for (gid,) in rows))
    url = next(
        line.split("=", 1)[1].strip()
        for line in stage.config.read_text().splitlines()
        if line.startswith("url")
    )
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare_audit", url, str(names), stage.conninfo],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, cpu = map(float, done.stdout.split())
    return Round(len(rows), seconds, cpu)


def measure(stage: Stage) -> Iterator[str]:
    """Audit all a few times; the first pass has no evidence to go by and is told apart."""
    with psycopg.connect(stage.conninfo, autocommit=True) as connection:
        entities = connection.execute(SEED).rowcount
        log = stage.directory / "auditor.log"
        with program("run", "--config", str(stage.config), "--max-wait", "0.2", log=log) as process:
            wait_until(lambda: connection.execute(LEFT).fetchone() == (0,), 300)
            rounds = [all_audited(connection, process, entities) for _ in range(ROUNDS)]
            states = connection.execute(
                "SELECT status::text, count(*) FROM artwork_indexer.audit_entity GROUP BY 1"
            ).fetchall()
            assert dict(states) == {"clean": entities}, states
            floor = reference(stage, connection)
            yield from report(rounds, floor, NAMES, (">= 800", "<= 1.0"))
            yield f"memory of the daemon, peak: {process.peak_mebibytes():.0f} MiB (<= 100)"


async def edits_among_audits(conninfo: str, directory: Path) -> tuple[list[float], int]:
    """Make edits while audits run at full speed; seconds to each first PUT, and the audits."""
    archive = Archive()
    await populated(archive, conninfo)
    times: list[float] = []
    async with (
        serving(archive, WebService(conninfo)) as base_url,
        await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection,
    ):
        await connection.execute(SEED)
        config = directory / "events.ini"
        text = config_text(base_url, conninfo).replace("concurrency = 8", "concurrency = 64")
        config.write_text(text + TUNING + AUDIT)
        log = directory / "events.log"
        with program("run", "--config", str(config), log=log):
            await asyncio.sleep(2)
            for number in range(EDITS):
                if number % 5 == 0:
                    await connection.execute(ALL_DUE)
                await archive.journal.wait_for(lambda entry: "/metadata/" in entry.path)
                archive.journal.clear()
                await connection.execute(EDIT, (number,))
                begun = time.perf_counter()
                await archive.journal.wait_for(lambda entry: entry.method == "PUT")
                times.append(time.perf_counter() - begun)
        row = await (
            await connection.execute("SELECT sum(audits)::integer FROM artwork_indexer.audit_total")
        ).fetchone()
    assert row is not None
    return times, row[0]


def run(server: Server, directory: Path) -> Iterator[str]:
    """Set up, measure, report."""
    conninfo = world_database(server, "bench_auditing", RELEASES)
    with stand_ins(conninfo, directory) as stage:
        yield from measure(prepared(stage))
    conninfo = world_database(server, "bench_audit_events", 1500)
    seconds, audits = asyncio.run(edits_among_audits(conninfo, directory))
    times = sorted(value * 1000 for value in seconds)
    yield (
        f"commit of an edit to first PUT among audits: median {statistics.median(times):.1f} ms "
        f"(<= 100), worst {times[-1]:.1f} ms, {len(times)} edits, {audits} audits"
    )
