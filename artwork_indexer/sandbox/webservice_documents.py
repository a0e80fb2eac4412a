"""XML documents of the web service, element for element in MusicBrainz's own order.

The input is what ``queries/release_document.sql`` and ``queries/event_document.sql`` give.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lxml import etree

NAMESPACE: Final = "http://musicbrainz.org/ns/mmd-2.0#"
DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
QUALITIES: Final = {-1: "normal", 0: "low", 1: "normal", 2: "high"}
USAGE: Final = "For usage, please see: https://musicbrainz.org/development/mmd"

Record = dict[str, Any]
"""One JSON object of a query."""


def partial_date(parts: Sequence[int | None]) -> str | None:
    """``YYYY-MM-DD`` without unknown last parts, ``????`` and ``??`` elsewhere; None if empty."""
    year, month, day = parts
    text = "????" if year is None else f"{year:04d}"
    if month is not None or day is not None:
        text += "-??" if month is None else f"-{month:02d}"
    if day is not None:
        text += f"-{day:02d}"
    return None if text == "????" else text


def release_document(record: Record, includes: frozenset[str]) -> bytes:
    """The answer to ``/ws/2/release/<gid>``; credits only with ``artists`` among the includes."""
    metadata, release = _document("release", record["gid"])
    _add(release, "title", record["title"])
    _add_if(release, "status", record["status"], id=record["status_gid"])
    _add(release, "quality", QUALITIES[record["quality"]])
    _add_if(release, "disambiguation", record["disambiguation"])
    _add_if(release, "packaging", record["packaging"], id=record["packaging_gid"])
    if record["language"] or record["script"]:
        representation = _add(release, "text-representation")
        _add_if(representation, "language", record["language"])
        _add_if(representation, "script", record["script"])
    if includes & {"artists", "artist-credits"}:
        credit = _add(release, "artist-credit")
        for name in record["credits"] or ():
            _name_credit(credit, name)
    _release_events(release, record["events"] or [])
    if record["barcode"] is not None:
        _add(release, "barcode", record["barcode"])
    _add_if(release, "asin", record["asin"])
    _cover_art(release, record)
    return serialize(metadata)


def event_document(record: Record, includes: frozenset[str]) -> bytes:
    """The answer to ``/ws/2/event/<gid>``; includes may be ``artist-rels`` and ``place-rels``."""
    metadata, event = _document("event", record["gid"])
    _set_type(event, record["type"], record["type_gid"])
    _add(event, "name", record["name"])
    _add_if(event, "disambiguation", record["disambiguation"])
    if record["cancelled"]:
        _add(event, "cancelled", "true")
    begin, end = partial_date(record["begin"]), partial_date(record["end"])
    if begin or end:
        life_span = _add(event, "life-span")
        _add_if(life_span, "begin", begin)
        _add_if(life_span, "end", end)
    _add_if(event, "time", record["time"])
    _add_if(event, "setlist", record["setlist"])
    for target, direction in (("artist", "backward"), ("place", "forward")):
        relations = record[f"{target}s"]
        if relations and f"{target}-rels" in includes:
            relation_list = _add(event, "relation-list", **{"target-type": target})
            for relation in relations:
                _relation(relation_list, target, direction, relation)
    return serialize(metadata)


def error_document(message: str) -> bytes:
    """The document of an error status: root ``error`` without a namespace."""
    error = etree.Element("error")
    for text in (message, USAGE):
        etree.SubElement(error, "text").text = text
    return serialize(error)


def serialize(root: etree._Element) -> bytes:
    """Declaration, newline, one line of XML, newline; UTF-8."""
    return DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False) + b"\n"


def _document(entity_type: str, gid: str) -> tuple[etree._Element, etree._Element]:
    metadata = etree.fromstring(f'<metadata xmlns="{NAMESPACE}"/>')
    return metadata, _add(metadata, entity_type, id=gid)


def _add(
    parent: etree._Element, name: str, text: str | None = None, **attributes: str | None
) -> etree._Element:
    """Append an element; attributes that are None and empty text are left out."""
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    for key, value in attributes.items():
        if value is not None:
            element.set(key, value)
    element.text = text or None
    return element


def _add_if(parent: etree._Element, name: str, text: str | None, **attributes: str | None) -> None:
    if text:
        _add(parent, name, text, **attributes)


def _set_type(element: etree._Element, name: str | None, gid: str | None) -> None:
    if name and gid:
        element.set("type", name)
        element.set("type-id", gid)


def _name_credit(parent: etree._Element, credit: Record) -> None:
    name_credit = _add(parent, "name-credit", joinphrase=credit["join_phrase"] or None)
    if credit["name"] != credit["artist"]:
        _add(name_credit, "name", credit["name"])
    artist = _add(name_credit, "artist", id=credit["gid"])
    _set_type(artist, credit["type"], credit["type_gid"])
    _add(artist, "name", credit["artist"])
    _add(artist, "sort-name", credit["sort_name"])
    _add_if(artist, "country", credit["country"])
    _add_if(artist, "disambiguation", credit["disambiguation"])


def _release_events(release: etree._Element, events: list[Record]) -> None:
    if not events:
        return
    first = events[0]
    _add_if(release, "date", partial_date(first["date"]))
    _add_if(release, "country", (first["codes"] or [None])[0])
    event_list = _add(release, "release-event-list", count=str(len(events)))
    for event in events:
        element = _add(event_list, "release-event")
        _add_if(element, "date", partial_date(event["date"]))
        if event["gid"]:
            _area(element, event)


def _area(parent: etree._Element, area: Record) -> None:
    element = _add(parent, "area", id=area["gid"])
    _add(element, "name", area["name"])
    _add(element, "sort-name", area["name"])
    _add_if(element, "disambiguation", area["disambiguation"])
    if area["codes"]:
        codes = _add(element, "iso-3166-1-code-list")
        for code in area["codes"]:
            _add(codes, "iso-3166-1-code", code)


def _cover_art(release: etree._Element, record: Record) -> None:
    art = _add(release, "cover-art-archive")
    _add(art, "artwork", _boolean(record["presence"] == "present"))
    _add(art, "count", str(record["images"]))
    _add(art, "front", _boolean(record["front"]))
    _add(art, "back", _boolean(record["back"]))
    if record["presence"] == "darkened":
        _add(art, "darkened", "true")


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _relation(parent: etree._Element, target: str, direction: str, record: Record) -> None:
    relation = _add(parent, "relation")
    _set_type(relation, record["type"], record["type_gid"])
    _add(relation, "target", record["gid"])
    if record["order"]:
        _add(relation, "ordering-key", str(record["order"]))
    _add(relation, "direction", direction)
    _add_if(relation, "begin", partial_date(record["begin"]))
    _add_if(relation, "end", partial_date(record["end"]))
    if record["ended"]:
        _add(relation, "ended", "true")
    _relation_target(_add(relation, target, id=record["gid"]), record)
    _add_if(relation, "source-credit", record["source_credit"])
    _add_if(relation, "target-credit", record["target_credit"])


def _relation_target(element: etree._Element, record: Record) -> None:
    """Fill in the artist or the place at the other end."""
    _set_type(element, record["target_type"], record["target_type_gid"])
    _add(element, "name", record["name"])
    _add_if(element, "sort-name", record.get("sort_name"))
    _add_if(element, "disambiguation", record["disambiguation"])
    _add_if(element, "address", record.get("address"))
    if record.get("latitude"):
        coordinates = _add(element, "coordinates")
        _add(coordinates, "latitude", record["latitude"])
        _add(coordinates, "longitude", record["longitude"])
