"""The second half of the demo: a damaged world, and the audit that finds and repairs the damage."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from artwork_indexer.errors import Unreachable
from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.drift import Stage, telling
from artwork_indexer.sandbox.drift.kinds import EVENTS, RELEASES
from artwork_indexer.sandbox.drift.results import Result
from artwork_indexer.sandbox.drift.trial import Daemon, Place, hold_trial
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService

Say = Callable[[str], None]


@dataclass(slots=True)
class Seeding:
    """Puts the world under audit by the commands that an operator would type."""

    directory: Path
    config: Path
    say: Say
    _known: set[str] = field(default_factory=set)

    async def __call__(self, entity_type: str, gids: Sequence[str]) -> None:
        """Seed from everywhere first; a list of names has what no other source knows."""
        if not self._known:
            await self._run("musicbrainz")
            await self._run("redirects")
            await self._run("archive", "--scope", "all", "--credentials", "caa")
            self._known.add("all sources")
        names = self.directory / f"{entity_type}.txt"
        names.write_text("".join(f"mbid-{gid}\n" for gid in gids), "utf-8")
        if entity_type == "release":
            await self._run("img-129", str(names))
        else:
            collection = "eventartarchive"
            await self._run("archive", "--identifiers", str(names), "--collection", collection)

    async def _run(self, *arguments: str) -> None:
        """Run one command; tell what it did.

        Raises:
            Unreachable: it failed.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "artwork_indexer", "audit", "seed", *arguments),
            *("--json", "--config", str(self.config)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        if process.returncode:
            raise Unreachable(f"audit seed {arguments[0]} failed: {err.decode().strip()}")
        done = json.loads(out)
        shown = " ".join(Path(word).name if "/" in word else word for word in arguments)
        self.say(
            f"  $ artwork-indexer audit seed {shown:<66}"
            f"{done['inserted']:>5} new, {done['already']} known"
        )


async def perform_audit(conninfo: str, directory: Path, daemon: Daemon, say: Say) -> Result:
    """Damage a world, audit it to the end, and return what came of it."""
    archive, webservice = Archive(), WebService(conninfo)
    async with await psycopg.AsyncConnection.connect(conninfo, row_factory=dict_row) as connection:
        built = await world.build(connection, releases=RELEASES, events=EVENTS)
        await connection.commit()
        await populated(archive, conninfo)
        await asyncio.to_thread(migrate_database, conninfo)
        await connection.set_autocommit(True)
        async with serving(archive, webservice) as base_url:
            services = config_text(base_url, conninfo)
            config = directory / "seed.ini"
            config.write_text(services, "utf-8")
            return await hold_trial(
                Stage(connection, archive, webservice, built),
                Place(directory, services, daemon),
                seed=Seeding(directory, config, say),
                say=lambda line: say(f"\n  {line}"),
            )


def told(result: Result) -> Iterator[str]:
    """The result for people: each planted entity, and then the whole in figures."""
    yield f"  {'planted':<34}{'entity':<14}{'after repairs':<20}found; repaired by"
    yield from telling.table(result.rows)
    yield ""
    yield from telling.lines(result)
