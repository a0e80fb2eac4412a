"""The two archives as data: the Cover Art Archive and the Event Art Archive.

Everything that differs between them stands here, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from artwork_indexer.services import CAA_KEYS, EAA_KEYS


@dataclass(frozen=True, slots=True)
class Project:
    """One art archive.

    ``entity_type`` is the MusicBrainz entity ("release" or "event"), which is also
    the value of ``artwork_indexer.indexable_entity_type``.
    """

    name: str
    """Name for people, as in "Cover Art Archive"."""
    abbreviation: str
    """Prefix of the configuration keys: "caa" or "eaa"."""
    entity_type: str
    schema: str
    """Database schema of the art tables."""
    art_table: str
    domain: str
    """Host of the public image URLs."""
    collection: str
    """Internet Archive collection."""
    uploader: str
    """Account that owns the items (MusicBrainz, lib/MusicBrainz/Server/Controller/WS/js.pm)."""
    ws_includes: str
    """Value of ``inc`` for the web service, sent literally."""
    has_back: bool
    """Whether ``index_listing`` has the column ``is_back``."""
    keys_service: str
    """Service name under which refused keys pause this archive."""

    @property
    def presence_column(self) -> str:
        """Column of ``<entity>_meta`` that says absent, present or darkened."""
        return f"{self.art_table}_presence"


CAA: Final = Project(
    name="Cover Art Archive",
    abbreviation="caa",
    entity_type="release",
    schema="cover_art_archive",
    art_table="cover_art",
    domain="coverartarchive.org",
    collection="coverartarchive",
    uploader="caa@musicbrainz.org",
    ws_includes="artists",
    has_back=True,
    keys_service=CAA_KEYS,
)

EAA: Final = Project(
    name="Event Art Archive",
    abbreviation="eaa",
    entity_type="event",
    schema="event_art_archive",
    art_table="event_art",
    domain="eventartarchive.org",
    collection="eventartarchive",
    uploader="eventartarchive@metabrainz.org",
    ws_includes="artist-rels+place-rels",
    has_back=False,
    keys_service=EAA_KEYS,
)

PROJECTS: Final[tuple[Project, ...]] = (CAA, EAA)
BY_ENTITY_TYPE: Final[dict[str, Project]] = {p.entity_type: p for p in PROJECTS}
