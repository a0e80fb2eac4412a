"""Manual review: what people are asked, and what their answers do.

An answer makes the entity due at once. ``resolved`` also begins its rounds of repair anew;
``wont_fix`` acknowledges the evidence of what the review asks about, or what the failed repair
was to mend: that is recorded further on, but asks nobody again until the evidence changes.
Answering with psql does the same, by a trigger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from artwork_indexer import projects
from artwork_indexer.archive import names
from artwork_indexer.database import Database, Row, one_value, query
from artwork_indexer.errors import InputError
from artwork_indexer.event_queue import storable

Answer = Literal["resolved", "wont_fix"]
Status = Literal["open", "resolved", "wont_fix"]

MUSICBRAINZ: Final = "https://musicbrainz.org"
INTERNET_ARCHIVE: Final = "https://archive.org"


@dataclass(frozen=True, slots=True)
class Review:
    """One question to a person, or an answered one."""

    id: int
    status: str
    review_reason: str
    """One reason a line, in words for people."""
    entity_type: str
    gid: str
    audit_entity_id: int
    details: Mapping[str, object]
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution_notes: str | None


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """Something that is wrong with an entity, as the last audit recorded it."""

    kind: str
    subject: str
    severity: str
    digest: str
    message: str
    details: Mapping[str, object]
    acknowledged: bool
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which reviews are listed; ``kind`` is one of the entity's findings."""

    status: Status = "open"
    entity_type: str | None = None
    kind: str | None = None
    most: int = 100
    skip: int = 0


class Reviews:
    """The reviews in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, wanted: Filter) -> list[Review]:
        """Reviews, oldest first."""
        rows = await self._database.fetch(
            query("review_list"),
            status=wanted.status,
            entity_type=wanted.entity_type,
            kind=wanted.kind,
            most=wanted.most,
            skip=wanted.skip,
        )
        return [Review(**row) for row in rows]

    async def show(self, review: int) -> tuple[Review, list[OpenFinding]]:
        """One review, and what is wrong with its entity now.

        Raises:
            InputError: there is no such review.
        """
        row = await self._database.fetch_one(query("review_show"), review=review)
        if row is None:
            raise InputError(f"There is no review {review}: see `review list`.")
        shown = Review(**row)
        rows = await self._database.fetch(query("review_findings"), entity=shown.audit_entity_id)
        return shown, [OpenFinding(**finding) for finding in rows]

    async def resolve(self, review: int, notes: str | None, person: str | None) -> None:
        """The matter is settled: the entity is audited again.

        Raises:
            InputError: there is no such open review.
        """
        await self._answer(review, "resolved", notes, person)

    async def wont_fix(self, review: int, notes: str | None, person: str | None) -> None:
        """Nothing will be done about what the review asks about, as it is now.

        Raises:
            InputError: there is no such open review.
        """
        await self._answer(review, "wont_fix", notes, person)

    async def _answer(
        self, review: int, answer: Answer, notes: str | None, person: str | None
    ) -> None:
        row: Row | None = await self._database.fetch_one(
            query("review_answer"),
            review=review,
            answer=answer,
            notes=None if notes is None else storable(notes),
            person=None if person is None else storable(person),
        )
        if not one_value(row):
            raise InputError(f"There is no open review {review}: see `review list`.")


def links(entity_type: str, gid: str, image_ids: Sequence[int] = ()) -> dict[str, str]:
    """Where a person can look: the entity, its item, the item's files, and each image there.

    MusicBrainz need not know these images, so they are those of the Internet Archive.
    """
    project = projects.BY_ENTITY_TYPE[entity_type]
    item = names.item(gid)
    files = f"{INTERNET_ARCHIVE}/download/{item}/"
    pages = {
        "MusicBrainz": f"{MUSICBRAINZ}/{entity_type}/{gid}/{project.art_table.replace('_', '-')}",
        "Internet Archive": f"{INTERNET_ARCHIVE}/details/{item}",
        "files": files,
    }
    return pages | {
        f"image {number}": files + names.thumbnail(gid, number, 500) for number in image_ids
    }
