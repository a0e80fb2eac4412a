"""A stand-in with items, a database that knows some of them, and what seeds from the one
into the other. The fixtures stand in archive_plugin.py."""

from __future__ import annotations

import asyncio
import io
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from artwork_indexer import remotes
from artwork_indexer.archive.changes import Changes
from artwork_indexer.archive.search import Credentials, Search
from artwork_indexer.config import Config, load
from artwork_indexer.database import Database
from artwork_indexer.projects import CAA, Project
from artwork_indexer.remotes import Remotes
from artwork_indexer.sandbox.internet_archive import DEFAULT_ACCOUNTS, Account, Archive
from artwork_indexer.sandbox.server import config_text, serving
from audit.seeding.archive import CollectionSearch
from audit.seeding.patience import Patience
from audit.seeding.progress import Progress

STAFF: Final = Account("staff@example.org", "staff-access", "staff-secret", privileged=True)
STAFF_KEYS: Final = Credentials("LOW staff-access:staff-secret", "caa-keys")
LONGEST_TEST: Final = 20.0
"""Seconds."""
SCRAPE: Final = "/services/search/v1/scrape"
CHANGES: Final = "/changes/v1"
RELEASE, MERGED_RELEASE, EVENT, MERGED_EVENT, UNKNOWN = (
    str(uuid.UUID(int=0xABCDEF << 96 | number)) for number in range(5)
)


def mbid(number: int) -> str:
    """One that MusicBrainz does not know."""
    return str(uuid.UUID(int=number))


def names(*numbers: int) -> list[str]:
    return [f"mbid-{mbid(number)}" for number in numbers]


def know(connection: psycopg.Connection[Any]) -> None:
    """Let MusicBrainz have a release and an event, and one merged into each."""
    for entity, live, merged in (
        ("release", RELEASE, MERGED_RELEASE),
        ("event", EVENT, MERGED_EVENT),
    ):
        columns = ", artist_credit, release_group" if entity == "release" else ""
        values = ", 1, 1" if entity == "release" else ""
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            f"INSERT INTO musicbrainz.{entity} (id, gid, name{columns})"
            f" VALUES (1, %s, 'x'{values})".encode(),
            [live],
        )
        connection.execute(
            f"INSERT INTO musicbrainz.{entity}_gid_redirect (gid, new_id) VALUES (%s, 1)".encode(),
            [merged],
        )
    connection.execute(
        "INSERT INTO musicbrainz.release_meta (id, cover_art_presence) VALUES (1, 'present')"
    )
    connection.execute("RESET session_replication_role")


class Place:
    """Everything a test of seeding from the archive needs."""

    def __init__(
        self,
        archive: Archive,
        config: Config,
        config_path: Path,
        database: Database,
        connected: Remotes,
        rows: psycopg.Connection[Any],
    ) -> None:
        self.archive = archive
        self.config = config
        self.config_path = config_path
        self.database = database
        self.connected = connected
        self.rows = rows
        self.told: list[str] = []
        self.rejected: list[tuple[str, str]] = []
        self._progress_text = io.StringIO()
        self.progress = Progress("test", "items", stream=self._progress_text)

    def progress_text(self) -> str:
        """What the progress told."""
        return self._progress_text.getvalue()

    def patience(self, *, most_failures: int = 3, is_dry: bool = False) -> Patience:
        return Patience(
            self.database,
            self.told.append,
            most_failures=most_failures,
            first_wait=0.001,
            is_dry=is_dry,
        )

    def reject(self, name: str, why: str) -> None:
        self.rejected.append((name, why))

    def search(
        self,
        project: Project = CAA,
        *,
        count: int = 100,
        scope: str | None = None,
        credentials: Credentials | None = None,
        is_dry: bool = False,
    ) -> CollectionSearch:
        service = Search(
            self.connected.reads,
            self.config.archive.search_url,
            count=count,
            scope=scope,
            credentials=credentials,
        )
        return CollectionSearch(
            self.database,
            service,
            self.patience(is_dry=is_dry),
            project,
            scope=scope,
            is_dry=is_dry,
        )

    def changes(self, credentials: Credentials = STAFF_KEYS) -> Changes:
        return Changes(self.connected.reads, self.config.archive.changes_url, credentials)

    def put(self, name: str, collection: str = "coverartarchive", *, noindex: bool = False) -> None:
        """An item of the stand-in."""
        metadata: dict[str, str | list[str]] = {"collection": collection}
        if noindex:
            metadata["noindex"] = "true"
        self.archive.create(name, "caa@musicbrainz.org", metadata)

    def entities(self) -> dict[str, dict[str, Any]]:
        """All rows under audit, by MBID."""
        found = self.rows.execute("SELECT * FROM artwork_indexer.audit_entity").fetchall()
        return {str(row["gid"]): row for row in found}

    def checkpoint(self, source: str) -> dict[str, Any]:
        row = self.rows.execute(
            "SELECT * FROM artwork_indexer.audit_seeding WHERE source = %s", [source]
        ).fetchone()
        assert row is not None
        return dict(row)

    def asked(self, path: str) -> list[str]:
        """Raw paths of the requests that the stand-in got."""
        return [entry.path for entry in self.archive.journal.select("", path)]


async def not_at_midnight() -> None:
    """What is asked for are days of UTC: let a test end on the day on which it began."""
    left = 86_400 - time.time() % 86_400
    if left < LONGEST_TEST:
        await asyncio.sleep(left + 0.1)


@asynccontextmanager
async def placed(database_url: str, directory: Path) -> AsyncIterator[Place]:
    """A place without items; the waits of its configuration are as short as they can be."""
    await not_at_midnight()
    archive = Archive(accounts=(*DEFAULT_ACCOUNTS, STAFF))
    async with serving(archive) as url:
        path = directory / "config.ini"
        text = config_text(url, database_url) + "pause_seconds = 1\n\n[audit]\nsettle_hours = 2\n"
        path.write_text(text, "utf-8")
        config = load(path, {})
        with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as rows:
            know(rows)
            async with (
                Database(database_url, size=4, prepared=False, name="test") as database,
                remotes.connect(config) as connected,
            ):
                yield Place(archive, config, path, database, connected, rows)
