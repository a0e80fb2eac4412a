"""MBIDs of events in the results of 2021: none belongs there, since there was no event art."""

from __future__ import annotations

from artwork_indexer.database import Database, query
from audit.seeding.walking import musicbrainz_in


async def event_mbids(database: Database) -> frozenset[bytes]:
    """The MBIDs of all events, live or merged; they are few beside releases.

    Raises:
        Refused: this is no MusicBrainz database.
    """
    with musicbrainz_in("[database]"):
        row = await database.fetch_one(query("seed_event_mbids"))
    assert row is not None
    return frozenset(row["mbids"].encode().split())
