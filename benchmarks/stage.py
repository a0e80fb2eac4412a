"""Databases, stand-ins and configurations for the measurements."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.schema import musicbrainz_schema

TUNING = """
[indexer]
index_delay_seconds = 0
listen = yes
concurrency = 16

[metrics]
port =

[logging]
level = warning
"""
"""Limits off: what is measured is this program."""

EDIT_ALL = b"UPDATE cover_art_archive.cover_art SET comment = comment || '.'"
UNFINISHED = (
    b"SELECT count(*) FROM artwork_indexer.event_queue WHERE state IN ('queued', 'running')"
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A world in a database, and the configuration for the stand-ins that serve it."""

    conninfo: str
    config: Path
    directory: Path


async def _build(conninfo: str, releases: int) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await world.build(connection, releases=releases, events=0)


def world_database(server: Server, name: str, releases: int) -> str:
    """A migrated database with so many releases, and an empty queue."""
    conninfo = server.create_database(name)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(musicbrainz_schema().encode())
    asyncio.run(_build(conninfo, releases))
    migrate_database(conninfo)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return conninfo


@contextmanager
def stand_ins(conninfo: str, directory: Path) -> Iterator[Stage]:
    """Serve the stand-ins in a process of their own."""
    child = subprocess.Popen(
        [sys.executable, "-m", "artwork_indexer", "sandbox", "serve", "--database", conninfo],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        lines = []
        for line in child.stdout:
            lines.append(line)
            if line.startswith("concurrency"):
                break
        config = directory / "config.ini"
        config.write_text("".join(lines) + TUNING)
        yield Stage(conninfo, config, directory)
    finally:
        child.terminate()
        child.wait(timeout=30)
