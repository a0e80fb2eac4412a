"""Seeding from the search of the Internet Archive: what limits it, and what it costs.

``python -m benchmarks.scraping NUMBER`` serves a stand-in that knows so many items.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from artwork_indexer.migrations import migrate_database
from artwork_indexer.projects import CAA
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.schema import musicbrainz_schema
from artwork_indexer.sandbox.server import config_text, serving

ITEMS = 1_000_000
PAGE = 10_000
ROUNDS = 3
RATE = 2
STEP = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""Odd, so that multiples of it are all different; they look random."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over all items; ``cpu_seconds`` and memory are those of the command."""

    seconds: float
    cpu_seconds: float
    mebibytes: float
    inserted: int


async def serve(number: int) -> None:
    """Serve so many items of the Cover Art Archive; prints the address."""
    archive = Archive()
    archive.listed[CAA.collection] = sorted(
        f"mbid-{uuid.UUID(int=n * STEP % 2**128)}" for n in range(number)
    )
    async with serving(archive) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


@contextmanager
def stand_in() -> Iterator[str]:
    """The stand-in in a process of its own; gives its address."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scraping", str(ITEMS)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.terminate()
        child.wait(timeout=30)


def database(server: Server, name: str) -> str:
    """A migrated database without entities."""
    conninfo = server.create_database(name)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(musicbrainz_schema().encode())
    migrate_database(conninfo)
    return conninfo


def search(config: Path) -> Pass:
    """Run the command over the whole collection."""
    begun = time.monotonic()
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "artwork_indexer", "--config", str(config)),
            *("audit", "seed", "archive", "--collection", CAA.collection, "--from-start", "--json"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, output
    return Pass(
        time.monotonic() - begun,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        json.loads(output)["inserted"],
    )


def configured(directory: Path, url: str, conninfo: str, rate: str = "") -> Path:
    """A configuration with a limit for reads, or without one."""
    path = directory / "scraping.ini"
    text = config_text(url, conninfo)
    head, section, rest = text.partition("[archive]")
    limit = f"requests_per_second = {rate}"
    path.write_text(head + section + rest.replace("requests_per_second =", limit), "utf-8")
    return path


def spread(values: list[float]) -> str:
    """Median, least and most."""
    return f"median {statistics.median(values):,.0f}, {min(values):,.0f}–{max(values):,.0f}"


def run(server: Server, directory: Path) -> Iterator[str]:
    """Measure without limits, once more over the same items, and with a rate."""
    with stand_in() as url:
        new, again = [], []
        for number in range(ROUNDS):
            conninfo = database(server, f"bench_scraping_{number}")
            config = configured(directory, url, conninfo)
            new.append(search(config))
            again.append(search(config))
            assert (new[-1].inserted, again[-1].inserted) == (ITEMS, 0)
        for name, passes in (("new", new), ("known", again)):
            rates = [ITEMS / one.seconds for one in passes]
            cpu = statistics.median(one.cpu_seconds for one in passes)
            share = statistics.median(one.cpu_seconds / one.seconds for one in passes)
            yield (
                f"search, {name} items, no limit: {spread(rates)}/s in {ROUNDS} rounds of "
                f"{ITEMS:,}; the command took {cpu:.1f} s of CPU, {share:.0%} of one"
            )
        peak = max(one.mebibytes for one in new + again)
        yield f"memory of the command, peak: {peak:.0f} MiB (<= 100)"
        conninfo = database(server, "bench_scraping_rate")
        limited = search(configured(directory, url, conninfo, str(RATE)))
        ratio = (ITEMS / PAGE) / limited.seconds / RATE
        yield (
            f"search at {RATE} requests/s: {limited.seconds:.1f} s for {ITEMS / PAGE:.0f} pages, "
            f"{ratio:.1%} of the rate, command {limited.cpu_seconds / limited.seconds:.0%} of a CPU"
        )


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
