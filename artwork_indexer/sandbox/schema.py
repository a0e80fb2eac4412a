"""The part of the MusicBrainz schema (sequence 31) that the indexer and the audit touch.

Written for an empty database and for any role that may create schemas in it. Every name is
qualified, so the text needs no search path and leaves no setting behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

DIRECTORY: Final = Path(__file__).parent / "musicbrainz_schema"
MASTER_ONLY: Final = frozenset({"6_foreign_keys.sql", "7_triggers.sql"})


def musicbrainz_schema(*, mirror: bool = False) -> str:
    """SQL that makes the schemas musicbrainz, cover_art_archive, event_art_archive, dbmirror2.

    A ``mirror`` has the tables, keys, indexes, views and functions, but neither foreign keys
    nor triggers: its rows come from replication packets.
    """
    parts = sorted(DIRECTORY.glob("*.sql"))
    return "\n".join(
        part.read_text(encoding="utf-8")
        for part in parts
        if not (mirror and part.name in MASTER_ONLY)
    )
