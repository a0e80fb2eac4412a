"""Walks through MusicBrainz's tables, a page at a time.

A page is one short statement on a key that only grows: no lock that an edit would wait for, no
snapshot that outlives it. While a batch is written, the next page is read.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, LiteralString

import psycopg

from artwork_indexer.database import Database, Row
from artwork_indexer.database_sentences import database_sentence, first_line
from artwork_indexer.errors import ArtworkIndexerError, Refused, Unreachable
from audit.seeding.checkpoint import Batch, News, Seeding
from audit.seeding.progress import Progress

FIRST_SIZE: Final = 2000
SMALLEST_SIZE: Final = 200
LARGEST_SIZE: Final = 10_000
BATCH_SECONDS: Final = 0.1
"""How long the writing of a batch should take; whoever inserts the same entity waits for it."""
NOT_MUSICBRAINZ: Final = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.InvalidSchemaName,
)


class NotRead(Unreachable):
    """MusicBrainz's tables are there and cannot be read, because of ``cause``."""

    def __init__(self, cause: psycopg.Error) -> None:
        super().__init__(database_sentence(cause))
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Route:
    """One way through a table.

    ``key`` is its place in the position. The rows of ``query`` have ``last`` (the key of the
    page's last entry), ``entries``, and MBIDs in ``column``. ``news`` as in Batch.
    """

    key: str
    query: LiteralString
    priority: int
    source: str
    column: str = "gids"
    news: News | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)


class Walker:
    """Brings what stands on a route under audit, from where the position is."""

    def __init__(self, reader: Database, seeding: Seeding, entity_type: str) -> None:
        self._reader = reader
        self._seeding = seeding
        self._entity_type = entity_type
        self._size = FIRST_SIZE

    async def walk(self, route: Route, after: object, progress: Progress) -> None:
        """Walk to the end of a route; ``after`` is where to begin, in the position or before.

        Raises:
            Refused: these are not MusicBrainz's tables, or another run is under way.
        """
        async with aclosing(self._pages(route, after)) as pages:
            async for page in pages:
                begun = time.monotonic()
                await self._write(route, page)
                self._size = next_size(self._size, time.monotonic() - begun)
                progress.advance(page["entries"])

    async def _write(self, route: Route, page: Row) -> None:
        gids = page[route.column]
        batch = Batch(self._entity_type, gids, [route.priority], [route.source], news=route.news)
        position = {**self._seeding.position, route.key: page["last"]}
        await self._seeding.add([batch] if gids != "{}" else [], position)

    async def _pages(self, route: Route, after: object) -> AsyncGenerator[Row, None]:
        """Pages in order; the next one is read while its user is busy with this one."""
        size = self._size
        page = await self._read(route, after, size)
        while page["entries"]:
            if page["entries"] < size:
                yield page
                return
            size = self._size
            ahead = asyncio.create_task(self._read(route, page["last"], size))
            try:
                yield page
                page = await ahead
            finally:
                await _ended(ahead)

    async def _read(self, route: Route, after: object, most: int) -> Row:
        return await read(
            self._reader, route.query, after=json.dumps(after), most=most, **route.parameters
        )


async def _ended(task: asyncio.Task[Row]) -> None:
    """Leave nothing behind when the walk ends early."""
    task.cancel()
    with suppress(asyncio.CancelledError, ArtworkIndexerError):
        await task


def next_size(size: int, seconds: float) -> int:
    """How large the next batch should be; at most twice and at least half of this one."""
    wanted = size * BATCH_SECONDS / max(seconds, 1e-3)
    return int(min(max(wanted, size / 2, SMALLEST_SIZE), size * 2, LARGEST_SIZE))


async def read(reader: Database, statement: LiteralString, **parameters: object) -> Row:
    """The one row of a statement on MusicBrainz's tables.

    Raises:
        Refused: they are not there.
        NotRead: they cannot be read.
    """
    try:
        with musicbrainz_in("[database], or [database_readonly] if it is set,"):
            row = await reader.fetch_one(statement, **parameters)
    except psycopg.Error as error:
        raise NotRead(error) from error
    assert row is not None
    return row


@contextmanager
def musicbrainz_in(section: str) -> Iterator[None]:
    """Do something with MusicBrainz's tables.

    Raises:
        Refused: they are not there; ``section`` of the configuration is to be corrected.
    """
    try:
        yield
    except NOT_MUSICBRAINZ as error:
        raise Refused(
            f"This is no MusicBrainz database ({first_line(error)}). Let {section} point at one."
        ) from error
