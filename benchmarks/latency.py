"""From the commit of an edit to the arrival of the first PUT."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService
from benchmarks.process import program
from benchmarks.stage import TUNING, world_database

EDITS = 200
EDIT = b"""
UPDATE musicbrainz.release SET name = name || '.'
 WHERE id = (SELECT image.release FROM cover_art_archive.cover_art AS image
               JOIN musicbrainz.release_meta AS meta ON meta.id = image.release
              WHERE meta.cover_art_presence = 'present'
              ORDER BY image.id OFFSET %s LIMIT 1)
"""


async def edits(conninfo: str, directory: Path) -> list[float]:
    """Make edits one at a time; seconds from each commit to its first PUT."""
    archive = Archive()
    await populated(archive, conninfo)
    times = []
    async with (
        serving(archive, WebService(conninfo)) as base_url,
        await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection,
    ):
        config = directory / "latency.ini"
        config.write_text(config_text(base_url, conninfo) + TUNING)
        with program("run", "--config", str(config), log=directory / "latency.log"):
            await asyncio.sleep(2)
            for number in range(EDITS):
                archive.journal.clear()
                await connection.execute(EDIT, (number,))
                begun = time.perf_counter()
                await archive.journal.wait_for(lambda entry: entry.method == "PUT")
                times.append(time.perf_counter() - begun)
                await asyncio.sleep(0.02)
    return times


def run(server: Server, directory: Path) -> Iterator[str]:
    """Set up, measure, report."""
    conninfo = world_database(server, "bench_latency", 400)
    times = sorted(value * 1000 for value in asyncio.run(edits(conninfo, directory)))
    p95 = times[int(len(times) * 0.95)]
    yield (
        f"commit of an edit to first PUT: median {statistics.median(times):.1f} ms (<= 30), "
        f"p95 {p95:.1f} ms (<= 100), worst {times[-1]:.1f} ms, {len(times)} edits"
    )
