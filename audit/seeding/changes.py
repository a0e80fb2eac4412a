"""Changes at the Internet Archive: the entity of an item that changed is audited again soon."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg

from artwork_indexer.archive.changes import Batch, Changes, TokenRefused
from artwork_indexer.database import Connection, Database, query
from artwork_indexer.database_sentences import database_sentence
from artwork_indexer.database_trouble import is_passing
from artwork_indexer.errors import Refused, Unreachable
from artwork_indexer.sentences import ended
from audit.seeding.archive import Repeats
from audit.seeding.change_position import Position, from_day
from audit.seeding.checkpoint import Checkpoint, Checkpoints, in_transaction, store
from audit.seeding.identifiers import FOREIGN, Decided, Reject, decide
from audit.seeding.patience import Patience
from audit.seeding.progress import Progress, Tally

SOURCE: Final = "archive changes"


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
        self._position = Position()
        self._wanted: str | None = None
        self.noted = Noted()

    async def catch_up(self, progress: Progress, since: str | None = None) -> bool:
        """Read all changes there are now.

        The first run begins now. ``since`` adds a pass from a day on (``YYYYMMDD``), or over
        every item there is ("0"): these come under audit without haste, for that is no sign of
        a change. A pass that was stopped goes on. Returns False if there was nowhere to begin,
        so that only this moment is noted.

        Raises:
            Refused: another run went on meanwhile.
            Unreachable: the service failed too often; the next run goes on here.
            EventError: the service refuses what it is asked.
        """
        self._wanted = self._wanted if since is None else since
        await self._load(progress)
        has_begun = self._position.has_begun
        # The token is at the head before a pass begins, so that what changes during the pass,
        # however long it takes, is read after it.
        await self._read(progress, in_pass=False)
        if self._position.since is not None:
            await self._read(progress, in_pass=True)
            await self._read(progress, in_pass=False)
        return has_begun

    async def follow(self, progress: Progress, since: str | None, seconds: float) -> None:
        """Read changes for ever, with a pause of ``seconds`` whenever there are no more."""
        while True:
            try:
                await self.catch_up(progress, since)
            except Refused:
                progress.tell(
                    f"Another run reads changes, too. In {seconds:.0f} s this one goes on from "
                    "where the other one is then."
                )
            except (Unreachable, psycopg.Error) as error:
                if not is_passing(error):
                    raise
                why = database_sentence(error) if isinstance(error, psycopg.Error) else str(error)
                progress.tell(f"{ended(why)} The next try is in {seconds:.0f} s.")
            # A pass that has not begun is still wanted; one that has is in the position.
            since = None
            await asyncio.sleep(seconds)

    async def _load(self, progress: Progress) -> None:
        self._before = await self._checkpoints.load(SOURCE)
        if not (self._is_dry and self._position.has_begun):
            kept = {} if self._before is None else self._before.position
            self._position = Position.from_json(kept)
        unfinished = self._position.since
        if self._wanted is not None and self._wanted != unfinished:
            if unfinished is not None:
                progress.tell(f"Reading {from_day(unfinished)} was not finished; it is given up.")
            self._position = self._position.beginning(self._wanted)
        elif unfinished is not None:
            progress.tell(f"Going on with {from_day(unfinished)}, where it was stopped.")

    async def _read(self, progress: Progress, *, in_pass: bool) -> None:
        """Read and note to the head."""
        repeats, is_anew = Repeats(), False
        question = self._position.question(in_pass=in_pass)
        while True:
            asked_at = datetime.now(UTC)
            try:
                batch = await self._ask(question, repeats)
            except TokenRefused as error:
                if is_anew:
                    raise Unreachable(
                        f"{error} That was the second time. What was named so far is noted. "
                        "Run this again later."
                    ) from error
                repeats, is_anew = Repeats(), True
                question = self._position.question_without_token(in_pass=in_pass)
                progress.tell(f"{error} Going on with {from_day(question['start_date'])}.")
                continue
            if batch.distance is not None:
                progress.expect(self.noted.tally.total + len(batch.names) + batch.distance)
            await self._note(batch, asked_at, in_pass=in_pass)
            progress.advance(len(batch.names))
            if batch.at_head:
                return
            question = self._position.question(in_pass=in_pass)

    async def _ask(self, question: dict[str, str], repeats: Repeats) -> Batch:
        batch = await self._patience.ask(lambda: self._changes.read(**question))
        if batch.at_head or repeats.is_new(batch.token):
            return batch
        raise TokenRefused(
            "The Changes API goes round in circles: it gave a token for the second time."
        )

    async def _note(self, batch: Batch, asked_at: datetime, *, in_pass: bool) -> None:
        """Write what a batch means and the position after it, all or nothing."""
        is_everything = self._position.names_everything(in_pass=in_pass)
        later = () if is_everything else self._position.later
        names = [*(f"mbid-{mbid}" for mbid in later), *batch.names]
        decided = await decide(self._database, names, None, self._reject_ours)

        async def write(connection: Connection) -> tuple[Written, Position, Tally]:
            return await self._write(connection, batch, asked_at, decided, in_pass=in_pass)

        written, self._position, tally = await in_transaction(self._database, write)
        self._wanted = None
        self.noted.tally += tally
        self.noted.hinted += written.hinted
        self.noted.held = len(written.held)
        self.noted.counts += decided.counts

    async def _write(
        self,
        connection: Connection,
        batch: Batch,
        asked_at: datetime,
        decided: Decided,
        *,
        in_pass: bool,
    ) -> tuple[Written, Position, Tally]:
        if self._position.names_everything(in_pass=in_pass):
            written = await self._seed(connection, decided)
            written.held = list(self._position.later)
        else:
            written = await self._hint(connection, decided)
        position = self._position.after(batch, asked_at, tuple(written.held), in_pass=in_pass)
        already = decided.total - written.inserted
        tally = Tally(written.inserted, already, decided.skipped, decided.refused)
        await self._save(connection, position, tally)
        return written, position, tally

    async def _save(self, connection: Connection, position: Position, tally: Tally) -> None:
        if self._is_dry:
            return
        before = self._before
        self._before = await self._checkpoints.save(
            connection,
            SOURCE,
            position.as_json(),
            tally if before is None else before.tally + tally,
            revision=0 if before is None else before.revision,
        )

    async def _hint(self, connection: Connection, decided: Decided) -> Written:
        written = Written()
        for entity_type, entities in decided.entities.items():
            cursor = await connection.execute(
                query("seed_archive_changed"),
                {
                    "entity_type": entity_type,
                    "gids": entities.mbids,
                    "settle": self._settle,
                    "is_dry": self._is_dry,
                },
            )
            row = await cursor.fetchone()
            assert row is not None
            written.inserted += row["inserted"]
            written.hinted += row["hinted"]
            written.held += row["held"]
        return written

    async def _seed(self, connection: Connection, decided: Decided) -> Written:
        written = Written()
        for part in decided.batches(SOURCE):
            stored = await store(connection, part, is_dry=self._is_dry)
            written.inserted += stored.inserted
        return written

    def _reject_ours(self, name: str, why: str) -> None:
        """Most of what changes at the Internet Archive is none of ours and not worth a line."""
        if why != FOREIGN:
            self._reject(name, why)
