"""Names of items -> MBIDs -> entities that come under audit.

An MBID alone does not tell whether it is that of a release or of an event: the database knows
it, or the collection of the item tells. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from artwork_indexer.database import Database, query
from artwork_indexer.projects import PROJECTS, Project
from audit.seeding.checkpoint import REDIRECT, WITH_ART, Batch
from audit.seeding.walking import musicbrainz_in

UNKNOWN: Final = 150
"""Priority of an item of which MusicBrainz knows no entity: what is in it should be gone."""
VISIBLE: Final = 120
"""Priority of an item in the public index, where it would not be if it had ``noindex``."""

FOREIGN: Final = "foreign"
MALFORMED: Final = "malformed"
UNDECIDABLE: Final = "undecidable"
REPEATED: Final = "repeated"
ELSEWHERE: Final = "in_other_collection"
REASONS: Final = {
    FOREIGN: "does not begin with mbid-, so it is none of our items",
    MALFORMED: "is not mbid- in lower case and an MBID",
    UNDECIDABLE: "neither a release nor an event in MusicBrainz, and of no known collection",
}
LOOKED_UP: Final = 2000
"""MBIDs in one query; few enough for every plan to use the indexes."""

_ITEM: Final = re.compile("mbid-([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_LOOKS_LIKE_OURS: Final = re.compile(
    "mbid-|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE
)

Reject = Callable[[str, str], None]
"""Told the name that is not used, and one of the keys of REASONS."""


@dataclass(slots=True)
class Sorted:
    """What became of names; ``mbids`` are in lower case, each once."""

    mbids: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def sort_names(names: Iterable[str], reject: Reject) -> Sorted:
    """Take the MBIDs out of names of items; tell of each name without one."""
    result, found = Sorted(), []
    for name in names:
        item = _ITEM.fullmatch(name)
        if item is not None:
            found.append(item[1].lower())
            continue
        why = MALFORMED if _LOOKS_LIKE_OURS.match(name) else FOREIGN
        result.counts[why] += 1
        reject(name, why)
    result.mbids = list(dict.fromkeys(found))
    result.counts[REPEATED] = len(found) - len(result.mbids)
    return result


@dataclass(slots=True)
class Known:
    """What the database knows of MBIDs, for one type of entity."""

    live: set[str] = field(default_factory=set)
    merged: set[str] = field(default_factory=set)
    audited: set[str] = field(default_factory=set)
    """Under audit already, whatever MusicBrainz knows."""


async def look_up(database: Database, mbids: Sequence[str]) -> dict[str, Known]:
    """What the database knows of MBIDs, by type of entity.

    Raises:
        Refused: this is no MusicBrainz database.
    """
    known = {project.entity_type: Known() for project in PROJECTS}
    for start in range(0, len(mbids), LOOKED_UP):
        with musicbrainz_in("[database]"):
            rows = await database.fetch(
                query("seed_archive_known"), gids=list(mbids[start : start + LOOKED_UP])
            )
        for row in rows:
            getattr(known[row["entity_type"]], row["life"]).update(row["gids"])
    return known


@dataclass(slots=True)
class Entities:
    """MBIDs whose type is decided, with what is known of them."""

    project: Project
    live: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def mbids(self) -> list[str]:
        """All of them."""
        return [*self.live, *self.merged, *self.unknown]

    def add(self, mbid: str, known: Known) -> None:
        """Take one in, where it belongs."""
        if mbid in known.live:
            self.live.append(mbid)
        elif mbid in known.merged:
            self.merged.append(mbid)
        else:
            self.unknown.append(mbid)

    def batches(self, source: str, priority: int = WITH_ART) -> list[Batch]:
        """To put them under audit; ``priority`` is that of live ones."""
        parts = (
            Batch(self.project.entity_type, self.live, (priority,), (source,)),
            Batch(
                self.project.entity_type, self.merged, (REDIRECT,), (f"{source}, merged",), "merge"
            ),
            Batch(
                self.project.entity_type,
                self.unknown,
                (UNKNOWN,),
                (f"{source}, not in MusicBrainz",),
            ),
        )
        return [part for part in parts if part.gids]


@dataclass(slots=True)
class Decided:
    """Entities of both archives, and what could not be used."""

    entities: dict[str, Entities]
    counts: Counter[str]

    @property
    def total(self) -> int:
        """How many entities there are."""
        return sum(len(one.mbids) for one in self.entities.values())

    @property
    def skipped(self) -> int:
        """How many names are none of the audit's business."""
        return self.counts[FOREIGN] + self.counts[REPEATED]

    @property
    def refused(self) -> int:
        """How many names nothing can be made of."""
        return self.counts[MALFORMED] + self.counts[UNDECIDABLE]

    def batches(self, source: str, priority: int = WITH_ART) -> list[Batch]:
        """To put them under audit."""
        return [b for one in self.entities.values() for b in one.batches(source, priority)]


async def decide(
    database: Database, names: Iterable[str], project: Project | None, reject: Reject
) -> Decided:
    """Decide of each name which entity it is of.

    What the database says goes before ``project``, the archive in whose collection the items
    are; without either there is no decision.
    """
    found = sort_names(names, reject)
    known = await look_up(database, found.mbids)
    decided = Decided({p.entity_type: Entities(p) for p in PROJECTS}, found.counts)
    for mbid in found.mbids:
        types = types_of(mbid, known, project)
        if not types:
            decided.counts[UNDECIDABLE] += 1
            reject(f"mbid-{mbid}", UNDECIDABLE)
        elif project is not None and project.entity_type not in types:
            decided.counts[ELSEWHERE] += 1
        for entity_type in types:
            decided.entities[entity_type].add(mbid, known[entity_type])
    return decided


def types_of(mbid: str, known: dict[str, Known], project: Project | None) -> list[str]:
    """The types of entity an item is to be audited as: none when nobody can tell.

    Both only if the database knows an entity of either type with this MBID.
    """
    of_mbid = [name for name, one in known.items() if mbid in one.live or mbid in one.merged]
    if project is not None and (not of_mbid or project.entity_type in of_mbid):
        return [project.entity_type]
    return of_mbid or [name for name, one in known.items() if mbid in one.audited]
