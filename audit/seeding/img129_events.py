"""MBIDs of events in the results of 2021: none belongs there, since there was no event art."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from artwork_indexer.database import Database, query
from audit.seeding.img129_classes import Reason
from audit.seeding.img129_reading import SHOWN
from audit.seeding.walking import read


class Events:
    """Refuses what is an event; otherwise its item would be audited as that of a release.

    ``mbids`` are those of all events, which are few beside releases. ``refused`` counts them,
    from the number given on. Each is told to ``note``, the first ones are in ``told``.
    """

    def __init__(
        self, mbids: frozenset[bytes], note: Callable[[str], None] | None, refused: int
    ) -> None:
        self._mbids = mbids
        self._note = note
        self.refused = refused
        self.told: list[str] = []

    def refuse(self, entities: Mapping[bytes, Reason]) -> Mapping[bytes, Reason]:
        """All that are not events; ``entities`` are by MBID."""
        found = entities.keys() & self._mbids
        if not found:
            return entities
        for mbid in sorted(found):
            self._tell(
                f"{mbid.decode()} is the MBID of an event; the results are about releases only"
            )
        self.refused += len(found)
        return {mbid: why for mbid, why in entities.items() if mbid not in found}

    def _tell(self, problem: str) -> None:
        if len(self.told) < SHOWN:
            self.told.append(problem)
        if self._note is not None:
            self._note(problem)


async def event_mbids(database: Database) -> frozenset[bytes]:
    """The MBIDs of all events, live or merged.

    Raises:
        Refused: this is no MusicBrainz database.
    """
    row = await read(database, query("seed_event_mbids"))
    return frozenset(row["mbids"].encode().split())
