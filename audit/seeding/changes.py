"""Changes at the Internet Archive: the entity of an item that changed is audited again soon."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg

from artwork_indexer.archive.changes import EVERYTHING, Batch, Changes, TokenRefused
from artwork_indexer.database import Connection, Database, Row, query
from artwork_indexer.errors import ArtworkIndexerError, Unreachable
from audit.seeding.archive import Repeats
from audit.seeding.checkpoint import Checkpoint, Checkpoints
from audit.seeding.identifiers import FOREIGN, Decided, Reject, decide
from audit.seeding.patience import Patience
from audit.seeding.progress import Progress, Tally

SOURCE: Final = "archive changes"
OVERLAP: Final = timedelta(days=1)
"""How much earlier than the last known change a date begins that stands in for a token."""


class FeedRepeats(ArtworkIndexerError):
    """A token led back to changes that came before."""


@dataclass(slots=True)
class Noted:
    """What was done in this run: ``hinted`` entities are audited sooner because of it."""

    tally: Tally = field(default_factory=Tally)
    hinted: int = 0
    held: int = 0
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Written:
    """What one batch did; ``held`` are MBIDs whose rows somebody else had."""

    inserted: int = 0
    hinted: int = 0
    held: list[str] = field(default_factory=list)


class ChangeFeed:
    """Reads changes from where the run before it stopped, and notes what they mean.

    ``settle`` is how long after its change an item is left alone.
    """

    def __init__(
        self,
        database: Database,
        changes: Changes,
        patience: Patience,
        reject: Reject,
        *,
        settle: timedelta,
        is_dry: bool = False,
    ) -> None:
        self._database = database
        self._checkpoints = Checkpoints(database)
        self._changes = changes
        self._patience = patience
        self._reject = reject
        self._settle = settle
        self._is_dry = is_dry
        self._before: Checkpoint | None = None
        self._position: dict[str, Any] = {}
        self.noted = Noted()

    async def catch_up(self, progress: Progress, since: str | None = None) -> bool:
        """Read all changes there are now.

        The first run begins now, unless ``since`` names a day (``YYYYMMDD``), or "0" for every
        item there is: these come under audit without haste, for that is no sign of a change.
        Returns False if there was nowhere to begin, so that only this moment is noted.

        Raises:
            FeedRepeats: it goes round in circles.
            Unreachable: the service failed too often; the next run goes on here.
            EventError: the service refuses what it is asked.
        """
        await self._load(since)
        has_begun = bool(self._position)
        repeats = Repeats()
        while True:
            asked_at = datetime.now(UTC)
            batch = await self._next(progress)
            if not (batch.at_head or repeats.is_new(batch.token)):
                raise FeedRepeats(
                    "The Changes API goes round in circles: it gave a token for the second time. "
                    "What was named so far is noted. Run this again with --since and a day."
                )
            if batch.distance is not None:
                progress.expect(self.noted.tally.total + len(batch.names) + batch.distance)
            await self._note(batch, asked_at)
            progress.advance(len(batch.names))
            if batch.at_head:
                return has_begun

    async def follow(self, progress: Progress, since: str | None, seconds: float) -> None:
        """Read changes for ever, with a pause of ``seconds`` whenever there are no more."""
        while True:
            try:
                await self.catch_up(progress, since)
            except (FeedRepeats, Unreachable, psycopg.OperationalError) as error:
                progress.tell(f"{str(error).strip()} The next try is in {seconds:.0f} s.")
            if "token" in self._position:
                since = None
            await asyncio.sleep(seconds)

    async def _load(self, since: str | None) -> None:
        self._before = await self._checkpoints.load(SOURCE)
        if since is not None:
            self._position = {"since": since}
        elif self._before is not None and not (self._is_dry and self._position):
            self._position = dict(self._before.position)

    async def _next(self, progress: Progress) -> Batch:
        token, since = self._position.get("token"), self._position.get("since")
        try:
            return await self._patience.ask(
                lambda: self._changes.read(token=token, start_date=since)
            )
        except TokenRefused as error:
            day = self._day_before(error)
            progress.tell(f"{error} The token is too old; going on with the changes since {day}.")
            return await self._patience.ask(lambda: self._changes.read(start_date=day))

    def _day_before(self, error: TokenRefused) -> str:
        """The day from which on to read when the token is lost; some changes come twice."""
        if self._position.get("everything"):
            return EVERYTHING
        seen = self._position.get("seen")
        if seen is None:
            raise error
        return f"{datetime.fromisoformat(seen) - OVERLAP:%Y%m%d}"

    @property
    def _is_everything(self) -> bool:
        """Whether items are named because they exist, and not because they changed."""
        return self._position.get("since") == EVERYTHING or "everything" in self._position

    async def _note(self, batch: Batch, asked_at: datetime) -> None:
        """Write what a batch means and the position after it, all or nothing."""
        later = [f"mbid-{mbid}" for mbid in self._position.get("later", ())]
        decided = await decide(self._database, [*later, *batch.names], None, self._reject_ours)
        async with self._database.transaction() as connection:
            await connection.execute(query("seed_begin"))
            if self._is_everything:
                written = await self._seed(connection, decided)
            else:
                written = await self._hint(connection, decided)
            position = {
                "token": batch.token,
                "seen": asked_at.isoformat(),
                "later": written.held,
                **({"everything": True} if self._is_everything and not batch.at_head else {}),
            }
            tally = Tally(
                written.inserted,
                decided.total - written.inserted,
                decided.skipped,
                decided.refused,
            )
            await self._save(connection, position, tally)
        self._position = position
        self.noted.tally += tally
        self.noted.hinted += written.hinted
        self.noted.held = len(written.held)
        self.noted.counts += decided.counts

    async def _save(
        self, connection: Connection, position: Mapping[str, object], tally: Tally
    ) -> None:
        if self._is_dry:
            return
        before = self._before
        self._before = await self._checkpoints.save(
            connection,
            SOURCE,
            position,
            tally if before is None else before.tally + tally,
            revision=0 if before is None else before.revision,
        )

    async def _hint(self, connection: Connection, decided: Decided) -> Written:
        written = Written()
        for entity_type, entities in decided.entities.items():
            row = await _one(
                connection,
                query("seed_archive_changed"),
                entity_type=entity_type,
                gids=entities.mbids,
                settle=self._settle,
                is_dry=self._is_dry,
            )
            written.inserted += row["inserted"]
            written.hinted += row["hinted"]
            written.held += row["held"]
        return written

    async def _seed(self, connection: Connection, decided: Decided) -> Written:
        written = Written()
        for part in decided.batches(SOURCE):
            row = await _one(
                connection,
                query("seed_entities"),
                entity_type=part.entity_type,
                gids=part.gids,
                priorities=part.priorities,
                sources=part.sources,
                is_news=part.is_news,
                is_dry=self._is_dry,
            )
            written.inserted += row["inserted"]
        return written

    def _reject_ours(self, name: str, why: str) -> None:
        """Most of what changes at the Internet Archive is none of ours and not worth a line."""
        if why != FOREIGN:
            self._reject(name, why)


async def _one(connection: Connection, statement: LiteralString, **parameters: object) -> Row:
    lists = {name: list(v) if isinstance(v, tuple) else v for name, v in parameters.items()}
    row = await (await connection.execute(statement, lists)).fetchone()
    assert row is not None
    return row
