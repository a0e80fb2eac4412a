"""A world under audit, with the daemon in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from artwork_indexer.cli.compose import open_engine, worker_name
from artwork_indexer.config import load
from artwork_indexer.daemon import Daemon, LoopOptions
from artwork_indexer.observer import Observer
from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService
from artwork_indexer.sandbox.world import World
from tests.audit.queue_fixtures import Entities

AUDIT = {
    "enabled": "yes",
    "mode": "repair",
    "concurrency": "8",
    "entities_per_hour": "",
    "entities_per_day": "",
    "repairs_per_hour": "",
    "repairs_per_day": "",
    "max_outstanding_repairs": "",
    "settle_hours": "0",
    "probation_repairs": "0",
    "brake_window": "10000",
    "deletes_per_day": "",
    "delete_confirm_hours": "0",
}


@dataclass(kw_only=True)
class DaemonStage:
    """A database under audit, and where the daemon finds the services."""

    url: str
    conninfo: str
    directory: Path
    rows: Entities
    settings: dict[str, str] = field(default_factory=lambda: dict(AUDIT))
    environ: dict[str, str] = field(default_factory=dict)

    def seed(self, gids: Iterable[str], entity_type: str = "release", **columns: object) -> None:
        for gid in gids:
            self.rows.seed_one(gid, entity_type=entity_type, **columns)

    def config(self) -> Path:
        path = self.directory / "config.ini"
        audit = "\n".join(f"{key} = {value}" for key, value in self.settings.items())
        path.write_text(
            f"{config_text(self.url, self.conninfo)}\n[indexer]\nindex_delay_seconds = 0\n"
            f"\n[metrics]\nport =\n\n[audit]\n{audit}\n",
            "utf-8",
        )
        return path

    async def daemon(
        self, observer: Observer | None = None, *, idle_loops: int | None = None
    ) -> Daemon:
        watching = observer or Observer()
        engine = await open_engine(
            load(self.config(), self.environ),
            worker=worker_name(),
            observer=watching,
            http_observer=None,
        )
        options = LoopOptions(max_wait=0.02, max_idle_loops=idle_loops)
        return Daemon(engine, options=options, observer=watching)

    async def run(self, observer: Observer | None = None, *, idle_loops: int = 2) -> int:
        """Run the daemon until nothing is left to do; returns its exit code."""
        return await (await self.daemon(observer, idle_loops=idle_loops)).run()

    def states(self) -> dict[str, str]:
        """The state of each entity under audit, by MBID."""
        return {str(row["gid"]): row["status"] for row in self.rows.table("audit_entity")}

    def findings(self, gid: str) -> list[str]:
        entity = self.rows.entity(gid)["id"]
        found = self.rows.table("audit_finding", "kind, subject")
        return [row["kind"] for row in found if row["audit_entity_id"] == entity]

    def events(self) -> list[dict[str, Any]]:
        return self.rows.table("event_queue", "id")


@dataclass(kw_only=True)
class AuditStage(DaemonStage):
    """A healthy world at the archive's stand-in, and what watches it."""

    archive: Archive
    webservice: WebService
    world: World

    def requests(self) -> list[tuple[str, str]]:
        return [(entry.method, entry.path) for entry in self.archive.journal]


@asynccontextmanager
async def audit_stage(
    conninfo: str, directory: Path, *, releases: int = 20, events: int = 4
) -> AsyncIterator[AuditStage]:
    """A healthy world that nobody has touched for a week."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        built = await world.build(connection, releases=releases, events=events)
        await connection.execute("TRUNCATE artwork_indexer.event_queue CASCADE")
        await connection.execute("TRUNCATE artwork_indexer.audit_entity CASCADE")
    archive = Archive()
    await populated(archive, conninfo)
    for item in archive.items.values():
        item.age(7 * 86400)
    archive.journal.clear()
    webservice = WebService(conninfo)
    async with serving(archive, webservice) as url:
        rows = Entities(conninfo)
        try:
            yield AuditStage(
                url=url,
                conninfo=conninfo,
                directory=directory,
                rows=rows,
                archive=archive,
                webservice=webservice,
                world=built,
            )
        finally:
            rows.close()
