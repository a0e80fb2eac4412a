"""The compared fields of a document as MusicBrainz's rows have them.

The records are the column ``fields`` of ``sql/queries/audit_expected_*.sql``. What the web
service makes of such rows: musicbrainz-server, lib/MusicBrainz/Server/WebService/Serializer/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from artwork_indexer.index_json import Image
from audit.states import (
    ArtworkFlags,
    CreditedArtist,
    EventFields,
    Relation,
    ReleaseEvent,
    ReleaseFields,
)
from audit.xml_fields import coordinates

Record = dict[str, Any]

POINTS_AT: Final = {
    "release": (("status", "release_status"), ("language", "language")),
    "event": (("type", "event_type"),),
}
"""Columns that name a row of another table by entity type, and that table."""


def release(record: Record, images: Sequence[Image]) -> ReleaseFields:
    """The fields of a live release with these images."""
    return ReleaseFields(
        title=record["title"],
        status=record["status"],
        language=record["language"],
        artists=tuple(
            CreditedArtist(artist["mbid"], artist["name"], artist["sort_name"], artist["country"])
            for artist in record["artists"]
        ),
        events=tuple(
            ReleaseEvent(partial_date(event["date"]), event["country"])
            for event in record["events"] or ()
        ),
        barcode=record["barcode"],
        asin=record["asin"] or None,
        artwork=ArtworkFlags(
            artwork=record["presence"] == "present",
            count=len(images),
            front=any(image.front for image in images),
            back=any(image.back for image in images),
            darkened=record["presence"] == "darkened",
        ),
    )


def event(record: Record) -> EventFields:
    """The fields of a live event."""
    return EventFields(
        name=record["name"],
        setlist=record["setlist"] or None,
        time=record["time"],
        cancelled=record["cancelled"],
        begin=partial_date(record["begin"]),
        end=partial_date(record["end"]),
        type=record["type"],
        relations=tuple(
            _relation(kind, relation)
            for kind in ("artist", "place")
            for relation in record[f"{kind}s"] or ()
        ),
    )


def malformed(entity_type: str, gid: str, record: Record) -> list[str]:
    """Sentences about what is missing in the rows of a live entity."""
    own = _malformed_release if entity_type == "release" else _malformed_event
    troubles = [
        f"has the {column} {record[f'{column}_id']}, which is not in musicbrainz.{table}"
        for column, table in POINTS_AT[entity_type]
        if record[column] is None and record[f"{column}_id"] is not None
    ]
    return [
        f"The row of the {entity_type} {gid} {trouble}." for trouble in (*troubles, *own(record))
    ]


def _malformed_release(record: Record) -> Iterator[str]:
    if record["title"] is None:
        yield "has no name"
    credit = f"has the artist credit {record['artist_credit']}"
    if not record["artists"]:
        yield f"{credit}, which has no rows in musicbrainz.artist_credit_name"
    for artist in record["artists"] or ():
        if None in (artist["mbid"], artist["name"], artist["sort_name"]):
            yield f"{credit} with the artist {artist['id']}, who has no row or no name"


def _malformed_event(record: Record) -> Iterator[str]:
    if record["name"] is None:
        yield "has no name"
    if record["cancelled"] is None:
        yield "has no value for cancelled"
    for relation in (*(record["artists"] or ()), *(record["places"] or ())):
        if None in (relation["type"], relation["mbid"], relation["name"]):
            yield "has a relationship without a type, or to something without a name"


def partial_date(parts: Sequence[int | None]) -> str | None:
    """As the web service writes a year, month and day of which some are unknown.

    ``2001``, ``2001-05``, ``2001-05-07``, ``????-05``, ``2001-??-07``; None if nothing is known.
    """
    if parts == [None, None, None]:
        return None
    known = len(parts)
    while parts[known - 1] is None:
        known -= 1
    year, *rest = parts[:known]
    return "-".join(
        [
            "????" if year is None else f"{year:04d}",
            *("??" if part is None else f"{part:02d}" for part in rest),
        ]
    )


def _relation(kind: str, record: Record) -> Relation:
    details = {
        "ended": "true" if record["ended"] else None,
        "credited as": record["credit"],
        "event credited as": record["event_credit"],
        "sort name": record.get("sort_name"),
        "address": record.get("address"),
        "coordinates": _coordinates(record),
    }
    return Relation(
        kind=kind,
        type=record["type"],
        mbid=record["mbid"],
        name=record["name"],
        begin=partial_date(record["begin"]),
        end=partial_date(record["end"]),
        details=tuple((name, value) for name, value in details.items() if value),
    )


def _coordinates(record: Record) -> str | None:
    latitude, longitude = record.get("coordinates", (None, None))
    if latitude is None or longitude is None:
        return None
    return coordinates(float(latitude), float(longitude))
