"""Rows of the sample world before they go into the database."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime
from typing import Final

ORDER: Final = (
    "musicbrainz.language",
    "musicbrainz.script",
    "musicbrainz.area",
    "musicbrainz.country_area",
    "musicbrainz.iso_3166_1",
    "musicbrainz.editor",
    "musicbrainz.edit",
    "musicbrainz.artist",
    "musicbrainz.artist_credit",
    "musicbrainz.artist_credit_name",
    "musicbrainz.release_group",
    "musicbrainz.release",
    "musicbrainz.release_country",
    "musicbrainz.release_unknown_country",
    "musicbrainz.release_gid_redirect",
    "musicbrainz.place",
    "musicbrainz.event",
    "musicbrainz.event_gid_redirect",
    "musicbrainz.link_type",
    "musicbrainz.link",
    "musicbrainz.l_artist_event",
    "musicbrainz.l_event_place",
    "cover_art_archive.cover_art",
    "cover_art_archive.cover_art_type",
    "event_art_archive.event_art",
    "event_art_archive.event_art_type",
)
"""Tables, each after those that its foreign keys name."""


class Rows:
    """Records by table, and the source of chance for all of them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.tables: dict[str, list[dict[str, object]]] = {table: [] for table in ORDER}
        self.presence: dict[str, dict[int, str]] = {"release": {}, "event": {}}
        """Value of ``<entity>_meta.*_presence`` by row id."""
        self.asins: dict[int, str] = {}
        """ASIN by release id."""

    def add(self, table: str, **columns: object) -> None:
        """Add a record; each of a table has the same columns in the same order."""
        self.tables[table].append(columns)

    def gid(self) -> str:
        """A new MBID."""
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def moment(self) -> datetime:
        """Some second of the years 2013 to 2025."""
        return datetime.fromtimestamp(self.chance.randrange(1356998400, 1767225600), UTC)
