"""Throughput, CPU, memory, the idle cost and the time to stop."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from artwork_indexer.sandbox.postgres import Server
from benchmarks.process import Process, program
from benchmarks.stage import EDIT_ALL, UNFINISHED, Stage, stand_ins, world_database

RELEASES = 4000
ROUNDS = 3
IDLE_SECONDS = 60
LOOK_SECONDS = 0.05
NAMES = ("index events drained", "an index event", "the bare three requests")


@dataclass(frozen=True, slots=True)
class Round:
    """One draining of the queue."""

    events: int
    seconds: float
    cpu_seconds: float


def wait_until(condition: Any, seconds: float) -> None:  # noqa: ANN401
    """Look until it is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the daemon did not get there")
        time.sleep(LOOK_SECONDS)


def drain(connection: psycopg.Connection[Any], process: Process) -> Round:
    """Edit every release in one commit and wait until all is written."""
    connection.execute("TRUNCATE artwork_indexer.event_queue CASCADE")
    cpu = process.cpu_seconds()
    with connection.transaction():
        connection.execute(EDIT_ALL)
    begun = time.monotonic()
    wait_until(lambda: connection.execute(UNFINISHED).fetchone() == (0,), 120)
    seconds = time.monotonic() - begun
    row = connection.execute("SELECT count(*) FROM artwork_indexer.event_queue").fetchone()
    assert row is not None
    return Round(row[0], seconds, process.cpu_seconds() - cpu)


def reference(stage: Stage, connection: psycopg.Connection[Any]) -> Round:
    """The bare requests, from a process of their own."""
    gids = [
        str(gid)
        for (gid,) in connection.execute(
            "SELECT DISTINCT release.gid FROM cover_art_archive.cover_art AS image"
            " JOIN musicbrainz.release ON release.id = image.release"
            " JOIN musicbrainz.release_meta AS meta ON meta.id = release.id"
            " WHERE meta.cover_art_presence = 'present'"
        )
    ]
    names = stage.directory / "gids"
    names.write_text("\n".join(gids))
    url = next(
        line.split("=", 1)[1].strip()
        for line in stage.config.read_text().splitlines()
        if line.startswith("url")
    )
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.reference", url, str(names)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, cpu = map(float, done.stdout.split())
    return Round(len(gids), seconds, cpu)


def measure(stage: Stage) -> Iterator[str]:
    """Drain a few times, idle for a minute, stop."""
    with psycopg.connect(stage.conninfo, autocommit=True) as connection:
        log = stage.directory / "daemon.log"
        with program("run", "--config", str(stage.config), log=log) as process:
            time.sleep(2)
            rounds = [drain(connection, process) for _ in range(ROUNDS)]
            floor = reference(stage, connection)
            yield from report(rounds, floor, NAMES, (">= 250", "<= 3"))
            yield f"memory of the daemon, peak: {process.peak_mebibytes():.0f} MiB (<= 80)"
            time.sleep(5)
            cpu = process.cpu_seconds()
            time.sleep(IDLE_SECONDS)
            idle = (process.cpu_seconds() - cpu) * 1000 * 60 / IDLE_SECONDS
            yield f"CPU of the idle daemon: {idle:.1f} ms a minute (<= 10)"
            begun = time.monotonic()
            process.stop()
            yield f"SIGTERM to exit, idle: {time.monotonic() - begun:.2f} s (<= 1)"


def report(
    rounds: list[Round], floor: Round, names: tuple[str, str, str], aims: tuple[str, str]
) -> Iterator[str]:
    """Rates and costs, with their spread and the bare requests beside them.

    ``names`` are of the many, of the one, and of what cannot be done without; ``aims`` those of
    the rate and of the cost.
    """
    many, one_of_them, bare_name = names
    rates = sorted(one.events / one.seconds for one in rounds)
    costs = sorted(one.cpu_seconds / one.events * 1000 for one in rounds)
    middle = len(rounds) // 2
    bare = floor.cpu_seconds / floor.events * 1000
    yield (
        f"{many}: median {rates[middle]:.0f}/s, "
        f"{rates[0]:.0f}–{rates[-1]:.0f} in {len(rounds)} rounds of {rounds[0].events} ({aims[0]})"
    )
    yield (
        f"CPU of the daemon for {one_of_them}: median {costs[middle]:.2f} ms, "
        f"{costs[0]:.2f}–{costs[-1]:.2f} ({aims[1]})"
    )
    yield (
        f"{bare_name}: {floor.events / floor.seconds:.0f}/s, {bare:.2f} ms CPU; "
        f"ratio of CPU {costs[middle] / bare:.1f}"
    )


def run(server: Server, directory: Any) -> Iterator[str]:  # noqa: ANN401
    """Set up, measure, report."""
    conninfo = world_database(server, "bench_draining", RELEASES)
    with stand_ins(conninfo, directory) as stage:
        yield from measure(stage)
