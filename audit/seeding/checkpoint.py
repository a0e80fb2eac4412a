"""Entities of a source come under audit in batches, each together with the position after it.

However a run ends, what was written is complete up to a position, and the next run goes on
there. Several runs of one source at once do no harm: all but one are told to stop.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal, Self, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from artwork_indexer.database import Connection, Database, Row, query
from artwork_indexer.errors import Refused, Unreachable
from audit.seeding.progress import Tally

WITH_ART: Final = 100
"""Priority of an entity that has art and of which nothing else is known."""
WITHOUT_ART: Final = 10
ANALYZED_AT: Final = 10_000
"""So many new entities in one run, and ten times as many, and so on, let everybody plan anew."""
MOST_COLLISIONS: Final = 5
REDIRECT: Final = 150
"""Priority of an MBID that was merged: its item has to be empty, and often is not."""
AGAIN_SECONDS: Final = 1.0
"""How often those are tried again whose rows somebody had: they may be many."""
HELD: Final = "held"
"""The key of a position under which those are kept whose rows somebody had."""
PATIENCE: Final = (0.1, 0.4, 1.5)
"""Seconds between the last looks at them in a run."""

News = Literal["art", "merge"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a source was read; ``tally`` is of the whole pass.

    ``finished_at`` is None while a pass is under way, or was stopped.
    """

    position: Mapping[str, Any]
    revision: int
    tally: Tally
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Entities of one type that come under audit.

    ``gids`` are MBIDs. ``priorities`` and ``sources`` have one element for each, or one for
    all; a source is what ``seeded_from`` keeps, and for an entity under audit already only a
    higher priority counts. Each may be a text instead, as PostgreSQL writes an array.
    ``news`` is what the source knows and an earlier audit may not have known: that the entities
    have "art", or were merged ("merge"). What was in order without it is audited again at once.
    """

    entity_type: str
    gids: Sequence[str] | str
    priorities: Sequence[int] | str
    sources: Sequence[str] | str
    news: News | None = None


@dataclass(frozen=True, slots=True)
class Held(Batch):
    """Entities whose rows somebody had; one of each for each."""

    gids: list[str]
    priorities: list[int]
    sources: list[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: how many entities were new, and so on."""

    inserted: int
    already: int
    raised: int
    held: Held | None


class Checkpoints:
    """The table of positions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, source: str) -> Checkpoint | None:
        """How far a source was read; None if never."""
        row = await self._database.fetch_one(query("seed_load"), source=source)
        return None if row is None else _checkpoint(row)

    async def save(
        self,
        connection: Connection,
        source: str,
        position: Mapping[str, Any],
        tally: Tally,
        *,
        revision: int,
        finished: bool = False,
    ) -> Checkpoint:
        """Note a position, in the transaction of the batch before it.

        Args:
            connection: Inside that transaction.
            source: Name of the source.
            position: Where the next batch begins.
            tally: Counts of the whole pass.
            revision: That of the checkpoint it replaces; 0 if there was none.
            finished: Whether the pass ends here.

        Raises:
            Refused: another run of this source went on meanwhile.
        """
        cursor = await connection.execute(
            query("seed_save"),
            {
                "source": source,
                "position": Jsonb(position),
                "revision": revision,
                "finished": finished,
                **tally.as_json(),
            },
        )
        row = await cursor.fetchone()
        if row is None:
            raise Refused(
                f"Another run that seeds {source} is under way. Wait for it, or stop it; "
                "then run this again."
            )
        return _checkpoint(row)


def _checkpoint(row: Row) -> Checkpoint:
    counts = {name: row.pop(name) for name in Tally().as_json()}
    return Checkpoint(tally=Tally(**counts), **row)


class Seeding:
    """One run over one source, from where the run before it stopped.

    ``position`` is where to go on, empty at the very first; ``is_resumed`` whether the run
    before did not finish; ``tally`` counts this run only. A dry run writes nothing at all.

    What somebody else holds is not waited for: it is tried again every second, and what is left
    in the end by the next run.
    """

    def __init__(
        self, database: Database, before: Checkpoint | None, source: str, *, dry: bool
    ) -> None:
        self._database = database
        self._before = before
        self.source = source
        self._checkpoints = Checkpoints(database)
        self.is_dry = dry
        position = {} if before is None else dict(before.position)
        self._held = [Held(**document) for document in position.pop(HELD, [])]
        self._tried_at = float("-inf")
        self.position: Mapping[str, Any] = position
        self.is_resumed = before is not None and before.finished_at is None
        self.tally = Tally()
        self.raised = 0
        """How many of those that were under audit moved forward."""
        self._analyzed_at = ANALYZED_AT

    @classmethod
    async def open(cls, database: Database, source: str, *, dry: bool = False) -> Self:
        """Look where the source is."""
        return cls(database, await Checkpoints(database).load(source), source, dry=dry)

    async def add(
        self,
        batches: Sequence[Batch],
        position: Mapping[str, Any],
        *,
        skipped: int = 0,
        refused: int = 0,
        finished: bool = False,
    ) -> Tally:
        """Write batches and the position after them, all or nothing; returns their counts.

        A few thousand entities at a time keep the transaction short. ``finished`` ends the
        pass; the next run begins another one at this position.

        Raises:
            Refused: another run of this source is under way.
            Unreachable: somebody holds what the batch needs for too long.
        """
        counts = Tally(skipped=skipped, refused=refused)
        tally = await self._write(batches, position, counts, finished=finished)
        if finished and self._held:
            await self._see_to_the_held()
        if not self.is_dry and self.tally.inserted >= self._analyzed_at:
            self._analyzed_at *= 10
            await self._database.fetch(query("seed_analyze"))
        return tally

    @property
    def held(self) -> int:
        """How many entities were left out until now, because somebody has their rows."""
        return sum(len(batch.gids) for batch in self._held)

    async def _see_to_the_held(self) -> None:
        """The pass ends when nothing is held any more, or after some patience."""
        for seconds in PATIENCE:
            await asyncio.sleep(seconds)
            is_last = seconds == PATIENCE[-1]
            await self._write([], self.position, Tally(), finished=True, is_last=is_last)
            if not self._held:
                return

    async def _write(
        self,
        batches: Sequence[Batch],
        position: Mapping[str, Any],
        counts: Tally,
        *,
        finished: bool,
        is_last: bool = False,
    ) -> Tally:
        """One transaction. Those that were held are counted already.

        A pass with something left to see to has not finished, unless this is the last look.
        """

        is_time = finished or time.monotonic() - self._tried_at >= AGAIN_SECONDS

        async def write(connection: Connection) -> tuple[Tally, int, list[Held]]:
            again = await self._store(connection, self._held if is_time else [])
            new = await self._store(connection, batches)
            tally = sum((Tally(one.inserted, one.already) for one in new), counts)
            found = [one.held for one in (*again, *new) if one.held]
            held = together(found if is_time else [*self._held, *found])
            is_end = finished and (is_last or not held)
            await self._save(connection, position, held, tally, finished=is_end)
            return tally, sum(one.raised for one in (*again, *new)), held

        tally, raised, self._held = await in_transaction(self._database, write)
        if is_time:
            self._tried_at = time.monotonic()
        self.position = position
        self.tally += tally
        self.raised += raised
        return tally

    async def _store(self, connection: Connection, batches: Iterable[Batch]) -> list[Stored]:
        return [await store(connection, batch, is_dry=self.is_dry) for batch in batches]

    async def _save(
        self,
        connection: Connection,
        position: Mapping[str, Any],
        held: Sequence[Held],
        tally: Tally,
        *,
        finished: bool,
    ) -> None:
        if self.is_dry:
            return
        left = {HELD: [asdict(batch) for batch in held]} if held else {}
        self._before = await self._checkpoints.save(
            connection,
            self.source,
            {**position, **left},
            self._earlier() + tally,
            revision=0 if self._before is None else self._before.revision,
            finished=finished,
        )

    def _earlier(self) -> Tally:
        """What the pass counted before; one that is finished counts no more."""
        if self._before is None or self._before.finished_at is not None:
            return Tally()
        return self._before.tally


def together(batches: Iterable[Held]) -> list[Held]:
    """The same entities in as few batches as can be, each with its most urgent reason."""
    alike: dict[tuple[str, News | None], dict[str, tuple[int, str]]] = defaultdict(dict)
    for batch in batches:
        reasons = alike[batch.entity_type, batch.news]
        for gid, priority, source in zip(batch.gids, batch.priorities, batch.sources, strict=True):
            if gid not in reasons or reasons[gid][0] < priority:
                reasons[gid] = (priority, source)
    return [
        Held(
            entity_type,
            list(reasons),
            [priority for priority, _ in reasons.values()],
            [source for _, source in reasons.values()],
            news,
        )
        for (entity_type, news), reasons in alike.items()
    ]


async def store(connection: Connection, batch: Batch, *, is_dry: bool) -> Stored:
    """Put one batch under audit, or only say what that would do."""
    cursor = await connection.execute(
        query("seed_entities"),
        {
            "entity_type": batch.entity_type,
            "gids": _array(batch.gids),
            "priorities": _array(batch.priorities),
            "sources": _array(batch.sources),
            "news": batch.news,
            "is_dry": is_dry,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    held = None
    if row["held"]:
        held = Held(
            batch.entity_type,
            row["held"],
            row["held_priorities"],
            row["held_sources"],
            batch.news,
        )
    return Stored(row["inserted"], row["already"], row["raised"], held)


def _array(values: Sequence[object] | str) -> list[object] | str:
    return values if isinstance(values, str) else list(values)


async def in_transaction(database: Database, write: Callable[[Connection], Awaitable[T]]) -> T:
    """Write a batch and the position after it: all or nothing, and again after a collision.

    Two runs may name the same entities in different batches, and so wait for each other.

    Raises:
        Unreachable: somebody holds what is needed for too long.
    """
    for _ in range(MOST_COLLISIONS):
        with suppress(psycopg.errors.DeadlockDetected, psycopg.errors.UniqueViolation):
            return await _once(database, write)
    return await _once(database, write)


async def _once(database: Database, write: Callable[[Connection], Awaitable[T]]) -> T:
    try:
        async with database.transaction() as connection:
            await connection.execute(query("seed_begin"))
            return await write(connection)
    except psycopg.errors.LockNotAvailable as error:
        raise Unreachable(
            "Another transaction holds the tables of the audit, or an entity of this batch, for "
            "too long. Nothing of the batch was written; run the command again, it goes on where "
            "it was."
        ) from error
