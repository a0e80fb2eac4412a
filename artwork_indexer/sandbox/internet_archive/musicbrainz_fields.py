"""What the Internet Archive fills into ``_meta.xml`` from a ``_mb_metadata.xml``.

The mapping for releases is the one noted in metabrainz/artwork-indexer, projects.py. No
item of an event was ever captured; that part is made after the same pattern.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from artwork_indexer.sandbox.internet_archive.item import FieldValue

FIELDS: Final = (
    "title",
    "creator",
    "creator-alt-script",
    "date",
    "language",
    "external-identifier",
)

_NAMESPACES: Final = {"mb": "http://musicbrainz.org/ns/mmd-2.0#"}
_LAST_LATIN_LETTER: Final = "\u024f"


def fields_from_xml(document: bytes) -> dict[str, FieldValue] | None:
    """Return the fields a web service document yields, None if it is no such document."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return None
    for entity in root.iterchildren("{*}*"):  # no comments, no entities
        if etree.QName(entity).localname == "release":
            return _known(_release(entity))
        if etree.QName(entity).localname == "event":
            return _known(_event(entity))
    return None


def _release(release: etree._Element) -> dict[str, list[str]]:
    artists = _elements(release, "mb:artist-credit/mb:name-credit/mb:artist")
    return {
        "title": _texts(release, "mb:title"),
        "date": _texts(release, "mb:date"),
        "language": _texts(release, "mb:text-representation/mb:language"),
        "external-identifier": [
            f"urn:mb_release_id:{release.get('id')}",
            *(f"urn:mb_artist_id:{artist.get('id')}" for artist in artists),
            *(f"urn:upc:{code}" for code in _texts(release, "mb:barcode")),
            *(f"urn:asin:{code}" for code in _texts(release, "mb:asin")),
        ],
        **_creators(artists),
    }


def _event(event: etree._Element) -> dict[str, list[str]]:
    artists = _elements(event, "mb:relation-list[@target-type='artist']/mb:relation/mb:artist")
    return {
        "title": _texts(event, "mb:name"),
        "date": _texts(event, "mb:life-span/mb:begin"),
        "external-identifier": [
            f"urn:mb_event_id:{event.get('id')}",
            *(f"urn:mb_artist_id:{artist.get('id')}" for artist in artists),
        ],
        **_creators(artists),
    }


def _creators(artists: list[etree._Element]) -> dict[str, list[str]]:
    # The recorded items have the sort name only where the name is in another script.
    foreign = [
        artist
        for artist in artists
        if any(letter > _LAST_LATIN_LETTER for letter in "".join(_texts(artist, "mb:name")))
    ]
    return {
        "creator": [name for artist in artists for name in _texts(artist, "mb:name")],
        "creator-alt-script": [
            name for artist in foreign for name in _texts(artist, "mb:sort-name")
        ],
    }


def _elements(parent: etree._Element, path: str) -> list[etree._Element]:
    return parent.findall(path, _NAMESPACES)


def _texts(parent: etree._Element, path: str) -> list[str]:
    return [element.text for element in _elements(parent, path) if element.text]


def _known(fields: dict[str, list[str]]) -> dict[str, FieldValue]:
    """Drop empty fields; a single value is a string, several are a list."""
    return {
        name: values[0] if len(values) == 1 else values for name, values in fields.items() if values
    }
