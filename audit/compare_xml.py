"""Compares the stored document of the web service with MusicBrainz, field by field."""

from __future__ import annotations

from audit import catalogue_item as kinds
from audit import xml_fields
from audit.comparison import CompareSettings
from audit.field_differences import Difference, differences
from audit.findings import Finding, plain
from audit.states import Absent, Content, Expected, Matches, NotNeeded, TooLarge, XmlFile

XML = "mb_metadata.xml"
MOST_SENTENCES = 10


def compare_xml(
    expected: Expected, file: XmlFile, settings: CompareSettings
) -> tuple[list[Finding], bool]:
    """The findings, and whether the document is proven right in all fields, chosen or not."""
    match file:
        case Matches():
            return [], True
        case NotNeeded():
            return [], False
        case Absent():
            return [Finding(kinds.XML_MISSING, XML, f"{XML}: it is missing")], False
        case TooLarge(size):
            told = f"{XML}: it has {size} bytes"
            return [Finding(kinds.XML_UNPARSABLE, XML, told, {"size": size})], False
        case Content(body):
            return _compare_fields(expected, body, settings)


def _compare_fields(
    expected: Expected, body: bytes, settings: CompareSettings
) -> tuple[list[Finding], bool]:
    try:
        document = xml_fields.parse(expected.project, body)
    except ValueError as error:
        why = plain(str(error))
        return [Finding(kinds.XML_UNPARSABLE, XML, f"{XML}: {why}", {"why": why})], False
    if document.gid != expected.gid:
        gid = plain(document.gid)
        told = f"{XML}: it is about {gid or 'no MBID'}"
        return [Finding(kinds.XML_WRONG_ENTITY, XML, told, {"gid": gid})], False
    if expected.fields is None:
        return [], False
    found = differences(document.fields, expected.fields)
    chosen = settings.xml_fields
    return [_finding(one) for one in found if not chosen or one.field in chosen], not found


def _finding(difference: Difference) -> Finding:
    return Finding(
        kinds.XML_FIELDS[difference.field],
        XML,
        f"{XML}: {'; '.join(difference.sentences[:MOST_SENTENCES])}",
        {"archive": difference.found, "musicbrainz": difference.wanted},
        explanation=difference.sentences,
    )
