"""The compared fields of a document of the web service, fresh or stored years ago.

Whatever else is in the document is tolerated, in any order. How the fields are named and
nested: musicbrainz-server, lib/MusicBrainz/Server/WebService/Serializer/XML/1/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from artwork_indexer.musicbrainz.webservice import LARGEST_DOCUMENT, NAMESPACE, parse_xml
from artwork_indexer.projects import Project
from audit.states import (
    ArtworkFlags,
    CreditedArtist,
    EventFields,
    Fields,
    Relation,
    ReleaseEvent,
    ReleaseFields,
)

MOST_TAGS: Final = 100_000
"""A release that came out in every country of the world has a few thousand."""
RELATED: Final = ("artist", "place")

_NS: Final = f"{{{NAMESPACE}}}"


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """What a document says, and about which MBID."""

    gid: str
    fields: Fields


def parse(project: Project, body: bytes) -> XmlDocument:
    """The fields of a document.

    Raises:
        ValueError: it is no document about such an entity; the text says why.
    """
    if len(body) > LARGEST_DOCUMENT or body.count(b"<") > MOST_TAGS:
        raise ValueError("it is far too large")
    root = parse_xml(body)
    entity = root.find(f"{_NS}{project.entity_type}")
    if root.tag != f"{_NS}metadata" or entity is None:
        raise ValueError(f"it is no document about one {project.entity_type}")
    read = _release if project.entity_type == "release" else _event
    return XmlDocument(entity.get("id", ""), read(entity))


def coordinates(latitude: float, longitude: float) -> str:
    """A place on earth to some 10 cm, as it is compared."""
    # Adding zero takes the sign off a zero, which not every reader and writer of numbers keeps.
    return ", ".join(f"{round(degrees, 6) + 0.0:.6f}" for degrees in (latitude, longitude))


def _release(release: etree._Element) -> ReleaseFields:
    return ReleaseFields(
        title=_text(release, "title") or "",
        status=_told(release, "status"),
        language=_told(release, "text-representation", "language"),
        artists=tuple(_artists(release)),
        events=tuple(_release_events(release)),
        barcode=_text(release, "barcode"),
        asin=_told(release, "asin"),
        artwork=_artwork(release),
    )


def _artists(release: etree._Element) -> Iterator[CreditedArtist]:
    for artist in release.iterfind(_path("artist-credit", "name-credit", "artist")):
        yield CreditedArtist(
            mbid=artist.get("id", ""),
            name=_text(artist, "name") or "",
            sort_name=_text(artist, "sort-name") or "",
            country=_told(artist, "country"),
        )


def _release_events(release: etree._Element) -> Iterator[ReleaseEvent]:
    """Documents from before there was a list have at most one date and one country."""
    events = release.find(_path("release-event-list"))
    if events is not None:
        for event in events.iterfind(_path("release-event")):
            country = _told(event, "area", "iso-3166-1-code-list", "iso-3166-1-code")
            yield ReleaseEvent(_told(event, "date"), country)
        return
    date, country = _told(release, "date"), _told(release, "country")
    if date or country:
        yield ReleaseEvent(date, country)


def _artwork(release: etree._Element) -> ArtworkFlags:
    count = _told(release, "cover-art-archive", "count") or ""
    return ArtworkFlags(
        artwork=_is_true(release, "cover-art-archive", "artwork"),
        count=int(count) if count.isascii() and count.isdigit() and len(count) < 10 else 0,
        front=_is_true(release, "cover-art-archive", "front"),
        back=_is_true(release, "cover-art-archive", "back"),
        darkened=_is_true(release, "cover-art-archive", "darkened"),
    )


def _event(event: etree._Element) -> EventFields:
    return EventFields(
        name=_text(event, "name") or "",
        setlist=_told(event, "setlist"),
        time=_told(event, "time"),
        cancelled=_is_true(event, "cancelled"),
        begin=_told(event, "life-span", "begin"),
        end=_told(event, "life-span", "end"),
        type=event.get("type") or None,
        relations=tuple(_relations(event)),
    )


def _relations(event: etree._Element) -> Iterator[Relation]:
    for relation in event.iterfind(_path("relation-list", "relation")):
        for kind in RELATED:
            target = relation.find(_path(kind))
            if target is not None:
                yield _relation(kind, relation, target)


def _relation(kind: str, relation: etree._Element, target: etree._Element) -> Relation:
    details = {
        "ended": _told(relation, "ended"),
        "credited as": _told(relation, "target-credit"),
        "event credited as": _told(relation, "source-credit"),
        "sort name": _told(target, "sort-name"),
        "address": _told(target, "address"),
        "coordinates": _coordinates(target),
    }
    return Relation(
        kind=kind,
        type=relation.get("type", ""),
        mbid=target.get("id", ""),
        name=_text(target, "name") or "",
        begin=_told(relation, "begin"),
        end=_told(relation, "end"),
        details=tuple((name, value) for name, value in details.items() if value),
    )


def _coordinates(place: etree._Element) -> str | None:
    latitude = _told(place, "coordinates", "latitude")
    longitude = _told(place, "coordinates", "longitude")
    if latitude is None or longitude is None:
        return None
    try:
        return coordinates(float(latitude), float(longitude))
    except ValueError:
        return f"{latitude}, {longitude}"


def _path(*names: str) -> str:
    return "/".join(_NS + name for name in names)


def _text(parent: etree._Element, *names: str) -> str | None:
    """The text of the first such element, "" if it is empty, None if there is none."""
    element = parent.find(_path(*names))
    return None if element is None else element.text or ""


def _told(parent: etree._Element, *names: str) -> str | None:
    """The same, where nothing tells an empty element from none."""
    return _text(parent, *names) or None


def _is_true(parent: etree._Element, *names: str) -> bool:
    return _text(parent, *names) == "true"
