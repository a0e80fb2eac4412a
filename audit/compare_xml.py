"""Compares the stored document of the web service with MusicBrainz, field by field."""

from __future__ import annotations

from audit import catalogue_item as kinds
from audit.comparison import CompareSettings
from audit.findings import Finding
from audit.states import Absent, Content, Expected, Matches, NotNeeded, TooLarge, XmlFile

XML = "mb_metadata.xml"


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
    raise NotImplementedError
