"""Seeding the audit from MusicBrainz's tables, while somebody edits them.

``SEEDING_RELEASES`` in the environment sets the number of releases.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.schema import musicbrainz_schema

RELEASES = int(os.environ.get("SEEDING_RELEASES", "1000000"))
STEP = 500_000
MOST_WAIT = 50
EDIT_SECONDS = 0.02
EDITOR = "editor"

TABLES = """
SET session_replication_role = replica;
INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group)
SELECT number, gen_random_uuid(), 'Release ' || number, 1 + number % 1000, 1 + number % 5000
  FROM generate_series({first}, {last}) AS number;
INSERT INTO cover_art_archive.cover_art (id, release, edit, ordering, mime_type)
SELECT 3000::bigint * (2 * number + place), number, 1, place, 'image/jpeg'
  FROM generate_series({first}, {last}) AS number, generate_series(1, 2) AS place
 WHERE number % 4 > 0;
INSERT INTO musicbrainz.release_gid_redirect (gid, new_id, created)
SELECT gen_random_uuid(), number, now() - number * interval '1 minute'
  FROM generate_series({first}, {last}, 5) AS number;
"""
AFTER = "SELECT setval('musicbrainz.release_id_seq', {last}); VACUUM ANALYZE"
NEW = """
SET session_replication_role = replica;
INSERT INTO musicbrainz.release (gid, name, artist_credit, release_group)
SELECT gen_random_uuid(), 'New', 1, 1 FROM generate_series(1, 1000)
"""
EDITS: tuple[bytes, ...] = (
    b"UPDATE musicbrainz.release SET name = name || '.' WHERE id = %(release)s",
    b"UPDATE cover_art_archive.cover_art SET comment = comment || '.' WHERE release = %(release)s",
    b"""
UPDATE artwork_indexer.event_queue SET state = 'completed'
 WHERE id IN (SELECT id FROM artwork_indexer.event_queue WHERE state = 'queued' LIMIT 1)
""",
)
ACTIVE = b"""
SELECT pid, CASE state WHEN 'active'
            THEN extract(epoch FROM clock_timestamp() - query_start) * 1000 ELSE 0 END
  FROM pg_stat_activity WHERE application_name = 'artwork-indexer seed'
"""
WAITING = """
SELECT query_start FROM pg_stat_activity
 WHERE application_name = %s AND state = 'active' AND wait_event_type = 'Lock'
   AND query_start < clock_timestamp() - %s * interval '1 ms'
"""
"""Triggers have a limit of their own for locks, after which they do without."""
AUDITED = """
TRUNCATE artwork_indexer.audit_entity CASCADE;
INSERT INTO artwork_indexer.audit_entity
       (entity_type, gid, status, last_audit_at, next_audit_at)
SELECT 'release', gen_random_uuid(), CASE number % 5 WHEN 0 THEN 'unchecked' ELSE 'clean' END
           ::artwork_indexer.audit_entity_status, now(),
       CASE WHEN number % 5 > 0 THEN now() + random() * interval '90 days' END
  FROM generate_series(1, {last}) AS number
"""


@dataclass(slots=True)
class Watch:
    """What others saw meanwhile, in milliseconds."""

    edits: list[float] = field(default_factory=list)
    waited: int = 0
    """Edits that waited longer than that for a lock, or would have."""
    longest_statement: float = 0.0
    cpu_seconds: dict[int, float] = field(default_factory=dict)
    """Of each server process of the seeder."""

    def __str__(self) -> str:
        """For the report."""
        if not self.edits:
            return "no edit was made"
        edits = sorted(self.edits)
        return (
            f"{len(edits)} edits: median {statistics.median(edits):.1f} ms, p99 "
            f"{edits[int(len(edits) * 0.99)]:.0f} ms, worst {edits[-1]:.0f} ms; "
            f"{self.waited} waited over {MOST_WAIT} ms for a lock (0)"
        )


def edit(conninfo: str, watch: Watch, done: threading.Event) -> None:
    """Edit releases and images, and end the events of that, until it is done."""
    chance = random.Random(1)
    options = f"-c lock_timeout={MOST_WAIT} -c application_name={EDITOR}"
    with psycopg.connect(conninfo, autocommit=True, options=options) as connection:
        while not done.wait(EDIT_SECONDS):
            for statement in EDITS:
                begun = time.perf_counter()
                try:
                    connection.execute(statement, {"release": chance.randint(1, RELEASES)})
                except psycopg.errors.LockNotAvailable:
                    watch.waited += 1
                watch.edits.append((time.perf_counter() - begun) * 1000)


def observe(conninfo: str, watch: Watch, done: threading.Event) -> None:
    """Look at the seeder's statements and their cost, and at waits, until it is done."""
    waited = set()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while not done.wait(EDIT_SECONDS):
            for pid, milliseconds in connection.execute(ACTIVE):
                watch.longest_statement = max(watch.longest_statement, float(milliseconds))
                with suppress(OSError):
                    ticks = Path(f"/proc/{pid}/schedstat").read_text().split()[0]
                    watch.cpu_seconds[pid] = int(ticks) / 1e9
            waited |= set(connection.execute(WAITING, [EDITOR, MOST_WAIT]))
    watch.waited += len(waited)


@contextmanager
def watching(conninfo: str) -> Iterator[Watch]:
    """Edit and observe for the length of the block."""
    watch, done = Watch(), threading.Event()
    threads = [
        threading.Thread(target=work, args=(conninfo, watch, done)) for work in (edit, observe)
    ]
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        done.set()
        for thread in threads:
            thread.join()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command."""

    result: dict[str, Any]
    seconds: float
    mebibytes: float

    @property
    def rate(self) -> float:
        """Entities that came under audit, a second."""
        return float(self.result["inserted"] / self.seconds)


def command(config: Path, *arguments: str) -> Run:
    """Run a command to its end; its summary, duration and peak memory."""
    begun = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "artwork_indexer", "audit", *arguments, "--config", str(config)],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    with child.stdout:
        output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} failed")
    return Run(json.loads(output), time.monotonic() - begun, usage.ru_maxrss / 1024)


def database(server: Server) -> str:
    """A database with so many releases, images and redirects."""
    conninfo = server.create_database("bench_seeding")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(musicbrainz_schema().encode())
        for first in range(1, RELEASES + 1, STEP):
            last = min(RELEASES, first + STEP - 1)
            connection.execute(TABLES.format(first=first, last=last).encode())
    migrate_database(conninfo)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in AFTER.format(last=RELEASES).split(";"):
            connection.execute(statement.encode())
    return conninfo


def measure(conninfo: str, config: Path) -> Iterator[str]:
    """First runs, second runs, the plan."""
    seed: Callable[[str], Run] = lambda source: command(config, "seed", source, "--json")  # noqa: E731
    with watching(conninfo) as quiet:
        time.sleep(5)
    yield f"before: {quiet}"
    with watching(conninfo) as watch:
        first = seed("musicbrainz")
    yield (
        f"seed musicbrainz, {RELEASES:,} releases: {first.rate:,.0f} rows/s (>= 50,000), "
        f"{first.seconds:.1f} s, {first.mebibytes:.0f} MiB (<= 100), longest statement seen "
        f"{watch.longest_statement:.0f} ms (<= 1,000)"
    )
    cpu = sum(watch.cpu_seconds.values())
    yield (
        f"its CPU in the server: {cpu / RELEASES * 1e6:.1f} us a row, so {RELEASES / cpu:,.0f} "
        f"rows a second of one processor; load of this machine {os.getloadavg()[0]:.1f}"
    )
    yield f"meanwhile: {watch}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(NEW.encode())
    second = seed("musicbrainz")
    yield (
        f"again, with 1,000 new releases: {second.seconds:.2f} s, "
        f"{second.seconds / first.seconds:.1%} of the first (<= 10%)"
    )
    merged, again = seed("redirects"), seed("redirects")
    yield (
        f"seed redirects: {merged.rate:,.0f} rows/s, {merged.mebibytes:.0f} MiB; "
        f"again {again.seconds:.2f} s, {again.seconds / merged.seconds:.1%}"
    )
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(AUDITED.format(last=RELEASES).encode())
        connection.execute("VACUUM ANALYZE artwork_indexer.audit_entity")
    plan = command(config, "plan", "--json")
    yield f"audit plan, {plan.result['total']:,} entities: {plan.seconds:.2f} s"


def run(server: Server, directory: Path) -> Iterator[str]:
    """Set up, measure, report."""
    conninfo = database(server)
    config = directory / "seeding.ini"
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    config.write_text(
        "[database]\n" + "".join(f"{key} = {value}\n" for key, value in parts.items())
    )
    yield from measure(conninfo, config)
