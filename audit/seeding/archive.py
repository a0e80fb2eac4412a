"""Items that a search at the Internet Archive names come under audit, page by page.

The search names what is in its index, and may name less than that. What it does not name is
therefore no evidence of anything; how much it named is part of the result.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import psycopg

from artwork_indexer.archive.search import CursorRefused, Page, Search
from artwork_indexer.database import Database, query
from artwork_indexer.database_sentences import database_sentence
from artwork_indexer.errors import (
    ArtworkIndexerError,
    EventError,
    PermanentError,
    Unreachable,
)
from artwork_indexer.projects import Project
from artwork_indexer.sentences import ended, number_of
from audit.seeding.checkpoint import WITH_ART, Seeding
from audit.seeding.identifiers import VISIBLE, Reject, decide
from audit.seeding.patience import Patience
from audit.seeding.progress import Progress
from audit.seeding.walking import musicbrainz_in

SOURCE: Final = "archive search"
NOT_THERE: Final = frozenset({403, 404, 405, 410})
"""Statuses with which a page in HTML may be that of a wrong address."""


class Repeats:
    """Remembers what came, in little memory."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def is_new(self, *parts: str) -> bool:
        """Whether it comes for the first time."""
        digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest in self._seen:
            return False
        self._seen.add(digest)
        return True


class Distinct:
    """Counts different names, in eight bytes for each and a little more: 40 MB for 3.8 million."""

    BUCKETS: Final = 4096
    """With few names in each, putting one between others moves few."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(self.BUCKETS)]

    def new(self, names: Iterable[str]) -> int:
        """How many of the names come for the first time."""
        return sum(self._is_new(name) for name in names)

    def _is_new(self, name: str) -> bool:
        digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = int.from_bytes(digest)
        bucket = self._buckets[number % self.BUCKETS]
        place = bisect_left(bucket, number)
        if place < len(bucket) and bucket[place] == number:
            return False
        bucket.insert(place, number)
        return True


@dataclass(slots=True)
class Outcome:
    """What the search named in the whole pass, and what it said that it has.

    ``scope`` is what the search was told, None: the public index. ``named`` counts different
    names; those of the run before, if this one is ``resumed``, are not known any more. ``counts``
    are of this run: foreign, malformed, and so on. ``broken`` says why it stopped before its
    end; ``failure`` is why it could not go on.
    """

    project: Project
    scope: str | None = None
    named: int = 0
    promised: int | None = None
    resumed: bool = False
    broken: str | None = None
    failure: ArtworkIndexerError | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_short(self) -> bool:
        """Whether it named less than it said it has."""
        return self.promised is not None and self.named < self.promised

    def notes(self, with_art: int | None) -> list[str]:
        """What a person has to know of the result; ``with_art`` is of MusicBrainz."""
        name, kind = self.project.name, self.project.entity_type
        of_all = "" if with_art is None else f" of about {number_of(with_art, kind)} with art"
        notes = [f"{name}: the Internet Archive named {number_of(self.named, 'item')}{of_all}."]
        if self.resumed:
            notes.append(
                "It went on where the run before was stopped: that number is of both, all other "
                "counts are of this run."
            )
        if self.scope is None:
            notes.append(
                "This list is not complete: items with noindex, as all should be, are not in the "
                "public index. That an item is not named means nothing."
            )
        elif with_art is None or self.named < with_art:
            notes.append(
                f"This list is not complete: with scope {self.scope} this account does not see "
                "all items. That an item is not named means nothing."
            )
        if self.failure:
            notes.append(f"{name}: the search ended early. {self.failure}")
        elif self.broken:
            notes.append(self.broken)
        elif self.is_short:
            notes.append(
                f"It said that it has {self.promised:,}: the answers were cut short. "
                "Run this again; it begins anew."
            )
        return notes

    def as_json(self, with_art: int | None) -> dict[str, object]:
        """The same for programs."""
        return {
            "scope": self.scope,
            "named": self.named,
            "promised": self.promised,
            "resumed": self.resumed,
            "with_art": with_art,
            "cut_short": self.is_short or self.broken is not None,
            "failure": self.failure and str(self.failure),
            **dict(self.counts),
        }


@dataclass(frozen=True, slots=True)
class Pass:
    """What one run over a collection works with."""

    seeding: Seeding
    outcome: Outcome
    progress: Progress
    reject: Reject


def source_of(project: Project, scope: str | None) -> str:
    """Under which name the position of a search is kept."""
    return " ".join(filter(None, (SOURCE, project.collection, scope)))


async def begin_anew(database: Database, sources: Iterable[str]) -> None:
    """Forget how far searches came, before the first of them begins.

    However it ends then, the next run goes on with what this one did, and never with a place
    of the one before it.
    """
    for source in sources:
        seeding = await Seeding.open(database, source)
        await seeding.add([], {})


class CollectionSearch:
    """One pass over one collection, from where the run before it stopped.

    ``scope`` is what the search was told, if anything: another scope is another source. The
    next page is fetched while one is written, so only the service limits the speed.
    """

    def __init__(
        self,
        database: Database,
        search: Search,
        patience: Patience,
        project: Project,
        *,
        scope: str | None = None,
        is_dry: bool = False,
    ) -> None:
        self._database = database
        self._search = search
        self._patience = patience
        self._project = project
        self._scope = scope
        self._is_dry = is_dry
        self._priority = VISIBLE if scope is None else WITH_ART
        self.source = source_of(project, scope)

    async def run(
        self, progress: Progress, reject: Reject, *, restart: bool = False
    ) -> tuple[Seeding, Outcome]:
        """Go on to the end, or with ``restart`` from the beginning to the end.

        What the run before noted is forgotten with the first page, or by :func:`begin_anew`.
        What keeps it from getting there is the ``failure`` of the outcome, which says what to do:
        Unreachable when the search, or the database, failed too often, EventError when the
        search refuses what it is asked.

        Raises:
            Refused: another run of this search is under way, or this is no MusicBrainz database.
        """
        seeding = await Seeding.open(self._database, self.source, dry=self._is_dry)
        place = dict(seeding.position) if seeding.is_resumed and not restart else {}
        cursor = place.get("cursor")
        outcome = Outcome(
            self._project,
            self._scope,
            place.get("named", 0),
            place.get("promised"),
            resumed=cursor is not None,
        )
        try:
            await self._walk_to_the_end(Pass(seeding, outcome, progress, reject), cursor)
        except psycopg.Error as error:
            outcome.failure = Unreachable(database_sentence(error))
        except (Unreachable, EventError) as error:
            error.args = (" ".join((ended(str(error)), *_remedy(error, self._scope))),)
            outcome.failure = error
        return seeding, outcome

    async def _walk_to_the_end(self, one: Pass, cursor: str | None) -> None:
        """Walk from a cursor on; from the beginning if it is too old."""
        try:
            return await self._walk(one, cursor)
        except CursorRefused as error:
            one.progress.tell(f"{error} Its cursor is too old; the search begins anew.")
        outcome = one.outcome
        outcome.named, outcome.promised, outcome.resumed = 0, None, False
        outcome.counts.clear()
        try:
            await self._walk(one, None)
        except CursorRefused as error:
            raise Unreachable(
                f"The search at the Internet Archive forgets its cursors: {error} "
                "Run this again later, with larger pages (--page-size)."
            ) from error

    async def _walk(self, one: Pass, cursor: str | None) -> None:
        """All pages from a cursor on; stops early where the search repeats itself."""
        outcome, progress = one.outcome, one.progress
        pages, cursors, names = Repeats(), Repeats(), Distinct()
        page = await self._fetch(cursor)
        if page.total is not None:
            progress.expect(page.total)
            if outcome.promised is None:
                outcome.promised = page.total
        cursors.is_new(cursor or "")
        while pages.is_new(*page.names):
            outcome.named += names.new(page.names)
            writing = self._store(one, page)
            if page.cursor is None:
                await writing
                progress.advance(len(page.names))
                return
            if not cursors.is_new(page.cursor):
                await writing
                break
            following = await both(writing, self._fetch(page.cursor))
            progress.advance(len(page.names))
            page = following
        outcome.broken = (
            f"The search repeats itself: after {number_of(outcome.named, 'name')} its cursor led "
            "back to earlier ones. Run this again; it begins anew."
        )
        await one.seeding.add([], {}, finished=True)

    async def _fetch(self, cursor: str | None) -> Page:
        collection = self._project.collection
        return await self._patience.ask(lambda: self._search.page(collection, cursor))

    async def _store(self, one: Pass, page: Page) -> None:
        outcome = one.outcome
        decided = await decide(self._database, page.names, self._project, one.reject)
        outcome.counts += decided.counts
        is_last = page.cursor is None
        position = {"cursor": page.cursor, "named": outcome.named, "promised": outcome.promised}
        await one.seeding.add(
            decided.batches(SOURCE, self._priority),
            {} if is_last else position,
            skipped=decided.skipped,
            refused=decided.refused,
            finished=is_last,
        )


def _remedy(error: Unreachable | EventError, scope: str | None) -> Iterator[str]:
    """What a person can do if asking again does not help."""
    correct = "correct search_url in section [archive]"
    if isinstance(error, PermanentError):
        other = "" if scope is None else ", or leave out --scope"
        yield f"Running this again does not help: {correct}{other}."
    elif getattr(error.__cause__, "status", None) in NOT_THERE:
        yield f"If it stays so, {correct}."


async def both(first: Awaitable[None], second: Awaitable[Page]) -> Page:
    """Wait for both, whatever becomes of them; the failure of the first one counts more."""
    written, fetched = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(written, BaseException):
        raise written
    if isinstance(fetched, BaseException):
        raise fetched
    return fetched


async def with_art(database: Database) -> dict[str, int | None]:
    """About how many releases and events have art; None when nobody knows.

    Raises:
        Refused: this is no MusicBrainz database.
    """
    with musicbrainz_in("[database]"):
        rows = await database.fetch(query("seed_archive_with_art"))
    return {row["entity_type"]: row["entities"] for row in rows}
