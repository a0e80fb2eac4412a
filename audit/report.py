"""What audits found: lists, counts by kind, the history of one entity, pages for exports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from artwork_indexer.database import Database, Row, query
from audit.report_status import ENTITY_TYPES

PAGE: Final = 1000
ENTITIES_A_PAGE: Final = 5000
MOST_HISTORY: Final = 100
"""Of each list in a history, the newest so many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings; None is any. ``entities`` are ids of ``audit_entity``."""

    kinds: Sequence[str] | None = None
    severity: str | None = None
    entity_type: str | None = None
    entities: Sequence[int] | None = None

    def parameters(self) -> dict[str, object]:
        """As the queries name them."""
        return {
            "kinds": None if self.kinds is None else list(self.kinds),
            "severity": self.severity,
            "entity_type": self.entity_type,
            "entities": None if self.entities is None else list(self.entities),
        }


@dataclass(frozen=True, slots=True)
class KindCount:
    """How often a kind of finding is present."""

    kind: str
    severity: str
    findings: int
    entities: int
    acknowledged: int
    """Those of which a person said that nothing will be done."""


@dataclass(frozen=True, slots=True)
class History:
    """All that is kept about one entity; lists are newest first."""

    entity: Row
    findings: Sequence[Row]
    reviews: Sequence[Row]
    repairs: Sequence[Row]
    audits: Sequence[Row]


class Report:
    """What audits left in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def kinds(self, wanted: Wanted) -> list[KindCount]:
        """How often each kind is present, the gravest and most frequent first."""
        rows = await self._database.fetch(query("audit_report_kinds"), **wanted.parameters())
        return [KindCount(**row) for row in rows]

    async def findings(self, wanted: Wanted, most: int) -> list[Row]:
        """Findings, the gravest and newest first."""
        return await self._database.fetch(
            query("audit_report_findings"), **wanted.parameters(), most=most
        )

    async def entities(self, gid: str, entity_type: str | None = None) -> list[Row]:
        """The entities of an MBID that are under audit."""
        types = [entity_type] if entity_type else list(ENTITY_TYPES)
        return await self._database.fetch(query("audit_report_entity"), gid=gid, types=types)

    async def history(self, entity: Row) -> History:
        """What became of one of :meth:`entities`."""

        async def of(name: str) -> list[Row]:
            return await self._database.fetch(
                query(f"audit_report_{name}"), entity=entity["id"], most=MOST_HISTORY
            )

        return History(
            entity=entity,
            findings=await self._database.fetch(query("review_findings"), entity=entity["id"]),
            reviews=await of("reviews"),
            repairs=await of("repairs"),
            audits=await of("audits"),
        )

    async def pages(self, kind: str, severity: str | None = None) -> AsyncIterator[list[Row]]:
        """All findings of a kind in the order of entities, each page in a statement of its own.

        What changes meanwhile may be in either form; nothing comes twice.
        """
        after, subject = 0, ""
        while rows := await self._database.fetch(
            query("audit_report_page"),
            kind=kind, severity=severity, after=after, subject=subject, most=PAGE,
        ):  # fmt: skip
            yield rows
            after, subject = rows[-1]["audit_entity_id"], rows[-1]["subject"]

    async def entity_pages(
        self, kinds: Sequence[str], severity: str | None = None
    ) -> AsyncIterator[list[str]]:
        """The MBIDs of all entities with findings of these kinds, each once, in pages."""
        after = 0
        while rows := await self._database.fetch(
            query("audit_report_entities"),
            kinds=list(kinds), severity=severity, after=after, most=ENTITIES_A_PAGE,
        ):  # fmt: skip
            yield [row["gid"] for row in rows]
            after = rows[-1]["id"]

    async def reviews(self, status: str) -> int:
        """How many reviews are in a state."""
        (row,) = await self._database.fetch(query("audit_report_review_count"), status=status)
        return int(row["reviews"])
