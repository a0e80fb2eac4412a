"""Puts the audit on trial: everything is planted, the daemon works, and we look what came of it.

The first pass is in report mode, so that each entity is looked at as it was planted. Then the
daemon may repair, day after day, until nothing changes any more. A day passes in an instant:
all times in the database and in the stand-in of the Internet Archive move into the past.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from psycopg.types.json import Jsonb

from artwork_indexer.archive import names
from artwork_indexer.errors import Unreachable
from artwork_indexer.sandbox.drift.kinds import EVERYTHING, plant
from artwork_indexer.sandbox.drift.model import Drift, Planted, Subject
from artwork_indexer.sandbox.drift.results import (
    Audited,
    Copies,
    Neighbour,
    Result,
    Row,
)
from artwork_indexer.sandbox.drift.stage import Stage
from artwork_indexer.sandbox.internet_archive import Archive, Item
from artwork_indexer.sandbox.internet_archive.populate import populate
from artwork_indexer.sandbox.verify import stale

DAY_SECONDS: Final = 25 * 3600.0
"""A little more than any of the waits of the configuration."""
MOST_DAYS: Final = 10
PATIENCE_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.1

Daemon = Callable[[Path, Path], AbstractAsyncContextManager[None]]
"""Runs the daemon with a configuration and a log file for the length of a block."""
Seed = Callable[[str, Sequence[str]], Awaitable[None]]
"""Puts MBIDs of one entity type under audit."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trial takes place: the configuration of the services, and a folder for files."""

    directory: Path
    services: str
    """The configuration but for the audit."""
    daemon: Daemon

    def config(self, mode: str) -> Path:
        """Write the configuration: no limits, all leaves, and the waits of the defaults."""
        path = self.directory / "audit.ini"
        path.write_text(f"{self.services}\n{SETTINGS}mode = {mode}\n", "utf-8")
        return path

    @property
    def log(self) -> Path:
        """Where the daemon writes its log."""
        return self.directory / "audit.log"


SETTINGS: Final = """\
[indexer]
index_delay_seconds = 0

[metrics]
port =

[audit]
enabled = yes
concurrency = 8
entities_per_hour =
entities_per_day =
repairs_per_hour =
repairs_per_day =
format_repairs_per_day =
max_outstanding_repairs =
deletes_per_day =
deletions = yes
derive = yes
"""


async def hold_trial(
    stage: Stage,
    place: Place,
    *,
    drifts: Iterable[Drift] = EVERYTHING,
    seed: Seed | None = None,
    say: Say = lambda _line: None,
) -> Result:
    """Plant, audit, repair and look; the stand-ins are being served.

    Raises:
        Unreachable: the daemon does not get done with its work.
    """
    trial = _Trial(stage, place, tuple(drifts), seed or _plain_seed(stage), say)
    return await trial.run()


def _plain_seed(stage: Stage) -> Seed:
    async def seed(entity_type: str, gids: Sequence[str]) -> None:
        await stage.run("seed_entities", entity_type=entity_type, gids=list(gids))

    return seed


class _Trial:
    def __init__(
        self, stage: Stage, place: Place, drifts: Sequence[Drift], seed: Seed, say: Say
    ) -> None:
        self._stage = stage
        self._place = place
        self._drifts = drifts
        self._seed = seed
        self._say = say

    async def run(self) -> Result:
        planted = await plant(self._stage, self._drifts)
        subjects = [subject for roles in planted.values() for subject in roles.values()]
        neighbours = self._neighbours()
        await self._put_under_audit([*subjects, *neighbours])
        before = copies(self._stage.archive)
        self._say(
            f"{len(self._drifts)} kinds of drift on {len(subjects)} entities, "
            f"among {len(neighbours)} others. The audit reports."
        )
        first = await self._work("report")
        self._say("The audit repairs.")
        last, days = await self._work_for_days()
        rows = tuple(self._rows(planted, first, last))
        return Result(
            rows=rows,
            neighbours=tuple(
                Neighbour(one.entity_type, one.gid, first[one.gid], last[one.gid])
                for one in neighbours
            ),
            lost=lost(before, copies(self._stage.archive)),
            stale=await self._stale(rows),
            repairs=await self._repairs(),
            days=days,
        )

    def _neighbours(self) -> list[Subject]:
        """Everybody whom no drift has touched."""
        return [
            Subject(entity_type, gid)
            for entity_type in ("release", "event")
            for of in (self._stage.entities(entity_type),)
            for gid in (*of.live, *of.merged, *of.deleted)
            if gid not in self._stage.used
        ]

    async def _put_under_audit(self, subjects: Sequence[Subject]) -> None:
        for entity_type in ("release", "event"):
            of_type = [one.gid for one in subjects if one.entity_type == entity_type]
            await self._seed(entity_type, of_type)
        for subject in subjects:
            past = subject.past
            waited = past.deferrals
            await self._stage.run(
                "remember",
                entity_type=subject.entity_type,
                gid=subject.gid,
                evidence=Jsonb(past.evidence.to_json()),
                reason=waited and waited.reason,
                deferrals=waited.count if waited else 0,
                days=waited.days if waited else None,
                acknowledged=Jsonb([asdict(known) for known in past.acknowledged]),
            )

    async def _work(self, mode: str) -> Mapping[str, Audited]:
        async with self._place.daemon(self._place.config(mode), self._place.log):
            await self._quiet(mode)
        return await self._audited()

    async def _work_for_days(self) -> tuple[Mapping[str, Audited], int]:
        """Until a day passes that changes nothing."""
        async with self._place.daemon(self._place.config("repair"), self._place.log):
            await self._quiet("repair")
            before = await self._audited()
            for day in range(1, MOST_DAYS + 1):
                await self._pass_a_day()
                await self._quiet("repair")
                after = await self._audited()
                if _gist(after) == _gist(before):
                    return after, day
                before = after
        raise Unreachable(f"After {MOST_DAYS} days the audit is still changing things.")

    async def _pass_a_day(self) -> None:
        self._stage.archive.settle()
        for item in self._stage.archive.items.values():
            item.age(DAY_SECONDS)
        await self._stage.change("pass_time", seconds=DAY_SECONDS)

    async def _quiet(self, mode: str) -> None:
        """Wait until the daemon has nothing to do.

        Raises:
            Unreachable: it does not get there, or does not go on.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            row = await self._stage.row("unfinished", mode=mode)
            if row["held"]:
                raise Unreachable(f"The audit has stopped: {row['held']}")
            if not row["unfinished"]:
                return
            if time.monotonic() > deadline:
                raise Unreachable("The daemon did not get done with its audits in time.")
            await asyncio.sleep(LOOK_SECONDS)

    async def _audited(self) -> Mapping[str, Audited]:
        rows = await self._stage.rows("audited")
        return {
            row["gid"]: Audited(
                status=row["status"],
                waits_for=row["waits_for"],
                findings=frozenset(row["findings"]),
                events=tuple(row["events"]),
                audits=row["audits"],
                question=row["question"] or "",
            )
            for row in rows
        }

    def _rows(
        self,
        planted: Mapping[str, Planted],
        first: Mapping[str, Audited],
        last: Mapping[str, Audited],
    ) -> Iterable[Row]:
        for drift in self._drifts:
            for role, subject in planted[drift.name].items():
                gid = subject.gid
                yield Row(drift, role, subject, drift.labels[role], first[gid], last[gid])

    async def _stale(self, rows: Iterable[Row]) -> tuple[str, ...]:
        """What is not as MusicBrainz wants it although the audit says so; looks for itself."""
        archive = Archive(clock=self._stage.archive.clock)
        await populate(archive, self._stage.connection)
        mended = (
            archive.items[item]
            for row in rows
            if row.last.status == "clean" and "index" in row.last.events
            if (item := names.item(row.subject.gid)) in archive.items
        )
        return tuple(
            problem
            for wanted in mended
            for problem in (*stale(self._stage.archive, wanted), *self._without_original(wanted))
        )

    def _without_original(self, wanted: Item) -> Iterable[str]:
        there = self._stage.archive.items[wanted.identifier].files
        for name, stored in wanted.files.items():
            if names.parse_image(name) is None:
                continue
            if name not in there or there[name].content.md5 != stored.content.md5:
                yield f"{wanted.identifier}/{name} is missing or has other bytes"

    async def _repairs(self) -> Mapping[tuple[str, str], int]:
        rows = await self._stage.rows("repairs")
        return {(row["action"], row["state"]): row["events"] for row in rows}


def _gist(audited: Mapping[str, Audited]) -> object:
    """What tells two days apart: audits that end as before change nothing."""
    return {gid: replace(one, audits=0, question="") for gid, one in audited.items()}


def copies(archive: Archive) -> Copies:
    """Where each image is, in whatever item and also as an old version: by id and md5."""
    found: dict[tuple[int, str], set[str]] = {}
    for item in archive.items.values():
        for name, stored in item.files.items():
            image = names.parse_image(_without_version(name))
            if image is not None:
                key = (image.image_id, stored.content.md5)
                found.setdefault(key, set()).add(f"{item.identifier}/{name}")
    return found


def _without_version(name: str) -> str:
    """The name that a file had before it became an old version."""
    if not name.startswith("history/files/"):
        return name
    return name.removeprefix("history/files/").rpartition(".~")[0]


def lost(before: Copies, after: Copies) -> tuple[str, ...]:
    """The images that were somewhere and are nowhere now."""
    return tuple(sorted(min(before[image]) for image in before.keys() - after.keys()))
