"""The two states an audit compares: what MusicBrainz wants, and what the Internet Archive has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256

from artwork_indexer import index_json, projects
from artwork_indexer.archive.metadata import Present
from artwork_indexer.index_json import Image
from artwork_indexer.projects import Project


class Life(StrEnum):
    """What became of an MBID. ``GONE`` is deleted or never existed; nothing tells which."""

    LIVE = "live"
    MERGED = "merged"
    GONE = "gone"
    DARKENED = "darkened"


@dataclass(frozen=True, slots=True)
class CreditedArtist:
    """An artist of a release's credit: the artist's own name, not the credited one."""

    mbid: str
    name: str
    sort_name: str
    country: str | None
    """ISO 3166-1 code of the artist's area."""


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """When and where a release came out. ``date`` is partial, such as ``1999`` or ``????-05``."""

    date: str | None
    country: str | None
    """ISO 3166-1 code; None also where the area has none."""


@dataclass(frozen=True, slots=True)
class ArtworkFlags:
    """The element ``cover-art-archive``; its ``count`` is never compared."""

    artwork: bool
    count: int = field(compare=False, repr=False)
    front: bool
    back: bool
    darkened: bool


@dataclass(frozen=True, slots=True)
class ReleaseFields:
    """The compared fields of a release's document. ``events`` have no order that counts.

    A ``barcode`` of "" says that there is none; None that nobody knows.
    """

    title: str
    status: str | None
    language: str | None
    artists: tuple[CreditedArtist, ...]
    events: tuple[ReleaseEvent, ...]
    barcode: str | None
    asin: str | None
    artwork: ArtworkFlags


@dataclass(frozen=True, slots=True)
class Relation:
    """A performer or the place of an event. ``kind`` is "artist" or "place"."""

    kind: str
    type: str
    """Name of the relationship, such as "main performer"."""
    mbid: str
    name: str
    begin: str | None = None
    end: str | None = None
    details: tuple[tuple[str, str], ...] = ()
    """What else is compared, by name: attributes, credits, address, coordinates."""


@dataclass(frozen=True, slots=True)
class EventFields:
    """The compared fields of an event's document. ``relations`` have no order that counts."""

    name: str
    setlist: str | None
    time: str | None
    cancelled: bool
    begin: str | None
    end: str | None
    type: str | None
    relations: tuple[Relation, ...]


Fields = ReleaseFields | EventFields


@dataclass(frozen=True, slots=True)
class Expected:
    """What MusicBrainz says about one MBID.

    ``images`` come in the order in which they are shown, whatever the ``life``; ``fields``
    are None when the entity is not live. ``redirected_gids`` are the MBIDs that were merged
    into this one. ``fingerprint`` changes whenever anything here does.
    """

    entity_type: str
    gid: str
    life: Life
    merged_into: str | None
    images: tuple[Image, ...]
    fields: Fields | None
    fingerprint: str
    redirected_gids: tuple[str, ...] = ()
    open_events: bool = False
    """Events for this MBID are queued or running."""
    ties: tuple[frozenset[int], ...] = ()
    """Ids of images that share a place in the order: their order, front and back are chance."""
    malformed: tuple[str, ...] = ()
    """Rows that cannot be used, each in a sentence that names it; ``images`` lack them."""
    is_other_type: bool = False
    """The MBID is of an entity of the other archive: its item is none of our business."""

    @property
    def project(self) -> Project:
        """The archive."""
        return projects.BY_ENTITY_TYPE[self.entity_type]

    @property
    def has_art(self) -> bool:
        """Whether images belong to this MBID."""
        return bool(self.images or self.malformed)

    @property
    def index_bytes(self) -> bytes:
        """The index.json the daemon would write now; built at each call."""
        return index_json.serialize(index_json.build(self.project, self.gid, self.images))

    @property
    def image_ids(self) -> frozenset[int]:
        """The ids of the images."""
        return frozenset(image.id for image in self.images)


@dataclass(frozen=True, slots=True)
class Absent:
    """The item does not have this file."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The file is proven to say what it should, by its checksum."""


@dataclass(frozen=True, slots=True)
class Content:
    """The stored bytes: their md5 and size equal the metadata record."""

    body: bytes


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The record lists more bytes than any such file has, so it was not downloaded."""

    size: int


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """The file was not looked at, because nothing depends on it."""


IndexFile = Absent | Matches | Content | TooLarge | NotNeeded
XmlFile = Absent | Matches | Content | TooLarge | NotNeeded


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no item: the record is empty and the page for people says 404."""


@dataclass(frozen=True, slots=True)
class Dark:
    """The item was taken offline."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """There was no proper answer. Never a finding, and never clean."""

    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item that can be read."""

    record: Present
    index: IndexFile
    xml: XmlFile


Actual = Missing | Dark | Unreadable | Item


@dataclass(frozen=True, slots=True)
class Owner:
    """The live entity that has an image now. ``suffix`` is the one its file should have.

    Another ``entity_type`` than the audited one means: an image of the other archive.
    """

    entity_type: str
    gid: str
    darkened: bool
    suffix: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An item lists the image; ``size`` in bytes, both None when the record does not tell."""

    md5: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class Lacks:
    """An item can be read, or does surely not exist, and the image is not in it."""


OwnerItem = Listed | Lacks | Dark | Unreadable
"""What an item says about one image, under the name it has there."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An item of an MBID that redirects here, and what it says about a missing original."""

    gid: str
    item: OwnerItem


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was looked up because of what the item has too much or too little.

    ``owners`` has every image id found where it should not be; None is an id that
    MusicBrainz does not know. ``owner_items`` has those with an owner in the same archive.
    ``holders`` has the other items where an image could be that its owner's item lacks.
    ``written_ids`` are images that events of ours wrote or replaced since the last clean audit.
    """

    owners: Mapping[int, Owner | None] = field(default_factory=dict)
    owner_items: Mapping[int, OwnerItem] = field(default_factory=dict)
    holders: Mapping[int, tuple[Holder, ...]] = field(default_factory=dict)
    written_ids: frozenset[int] = frozenset()


MD5_PREFIX = 12
"""Hexadecimal digits kept of an original's md5: chance equality is one in 2**48."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What earlier audits of one MBID saw (``audit_entity.evidence``).

    ``index_md5``, ``xml_md5``, ``fields_digest`` and ``originals`` (md5 prefix by image id) are
    of the last clean audit. ``confirmations`` has when the proof for a delete was first seen
    (epoch seconds, by digest of the finding), ``rounds`` how often a finding was repaired
    already (by kind and subject), ``red_since`` when a stopped task was first seen.
    """

    index_md5: str | None = None
    xml_md5: str | None = None
    fields_digest: str | None = None
    originals: Mapping[int, str] = field(default_factory=dict)
    confirmations: Mapping[str, float] = field(default_factory=dict)
    rounds: Mapping[str, int] = field(default_factory=dict)
    red_since: float | None = None

    def to_json(self) -> dict[str, object]:
        """As kept in the database; what is empty is left out."""
        document: dict[str, object] = {
            "index_md5": self.index_md5,
            "xml_md5": self.xml_md5,
            "fields_digest": self.fields_digest,
            "originals": {str(number): md5 for number, md5 in self.originals.items()},
            "confirmations": dict(self.confirmations),
            "rounds": dict(self.rounds),
            "red_since": self.red_since,
        }
        return {key: value for key, value in document.items() if value not in (None, {})}

    @classmethod
    def from_json(cls, document: object) -> Evidence:
        """From the database; whatever is not as written by us counts as not there."""
        values = _object(document)
        return cls(
            index_md5=_text(values.get("index_md5")),
            xml_md5=_text(values.get("xml_md5")),
            fields_digest=_text(values.get("fields_digest")),
            originals={
                int(number): md5
                for number, md5 in _object(values.get("originals")).items()
                if number.isascii() and number.isdigit() and isinstance(md5, str)
            },
            confirmations={
                digest: float(seen)
                for digest, seen in _object(values.get("confirmations")).items()
                if isinstance(seen, int | float)
            },
            rounds={
                repaired: count
                for repaired, count in _object(values.get("rounds")).items()
                if isinstance(count, int)
            },
            red_since=_number(values.get("red_since")),
        )


def fields_digest(fields: Fields) -> str:
    """Changes whenever a compared field does; the order of events and relations does not count."""
    if isinstance(fields, ReleaseFields):
        fields = replace(fields, events=tuple(sorted(fields.events, key=repr)))
    else:
        fields = replace(fields, relations=tuple(sorted(fields.relations, key=repr)))
    return sha256(repr(fields).encode()).hexdigest()[:32]


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
