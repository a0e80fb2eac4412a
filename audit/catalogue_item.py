"""Kinds of findings about an item and its files (decision table rows 1 to 3, 6 to 8 and 13)."""

from __future__ import annotations

from typing import Final

from artwork_indexer.archive.names import THUMBNAIL_SIZES
from audit.findings import Kind, Repair, Severity

UNEXPECTED_ID: Final = "Metadata::unexpected external id::<type>"
MISSING_ID: Final = "Metadata::missing external id::<type>"
ORIGINAL_EXISTS: Final = "Files::original image exists"
WATCHED: Final = "The indexer is told of few changes only, so the stored document grows old."


def _xml(field: str, meaning: str, *checks: str) -> Kind:
    title = f"the document's {field}"
    return Kind(
        f"xml-{field}", Severity.CONTENT, Repair.INDEX, title, meaning, WATCHED, ("2",), checks
    )


def _metadata(id_: str, title: str, meaning: str, why: str, check: str) -> Kind:
    return Kind(
        id_, Severity.CONTENT, Repair.UPDATE_METADATA, title, meaning, why, ("3",), (check,)
    )


def _review(id_: str, title: str, meaning: str, why: str, row: str | None, *checks: str) -> Kind:
    rows = () if row is None else (row,)
    return Kind(id_, Severity.DATA, Repair.REVIEW, title, meaning, why, rows, checks)


def _recorded(id_: str, title: str, meaning: str, why: str) -> Kind:
    return Kind(id_, Severity.LEFTOVER, Repair.NONE, title, meaning, why, ())


XML_MISSING: Final = Kind(
    "xml-missing",
    Severity.CONTENT,
    Repair.INDEX,
    "no mb_metadata.xml",
    "The entity has art and its item is there, but without the web service's document.",
    "The Internet Archive takes title, creator and date from it.",
    ("1",),
    ("Files::mb_metadata.xml exists",),
)
XML_UNPARSABLE: Final = _xml("unparsable", "The stored document is no XML of the web service.")
XML_WRONG_ENTITY: Final = _xml(
    "entity", "The stored document is about another MBID.", UNEXPECTED_ID, MISSING_ID
)
XML_FIELDS: Final = {
    field: _xml(field, meaning, *checks)
    for field, meaning, *checks in (
        ("title", "Title of the release.", "Metadata::title correct"),
        ("status", "Status of the release."),
        ("language", "Language of the release.", "Metadata::language correct"),
        (
            "artists",
            "Credited artists: MBID, name, sort name and country, in order.",
            "Metadata::creators correct",
            UNEXPECTED_ID,
            MISSING_ID,
        ),
        ("events", "Dates and countries of the release.", "Metadata::date correct"),
        ("barcode", "Barcode; none is not the same as unknown.", UNEXPECTED_ID, MISSING_ID),
        ("asin", "The one ASIN.", UNEXPECTED_ID, MISSING_ID),
        ("artwork", "Whether there is art, a front, a back, or darkness; never the count."),
        ("name", "Name of the event."),
        ("setlist", "Setlist of the event."),
        ("time", "Time at which the event begins."),
        ("cancelled", "Whether the event was cancelled."),
        ("dates", "First and last day of the event."),
        ("type", "Type of the event."),
        ("performers", "Artists related to the event, and how."),
        ("place", "Places related to the event, and how."),
    )
}
NOT_IN_COLLECTION: Final = _metadata(
    "item-collection-wrong",
    "not in the collection",
    "The item is not in the archive's collection.",
    "Headers act only when an item is created, so no index event mends it.",
    "Metadata::in caa collection",
)
NOINDEX_MISSING: Final = _metadata(
    "item-noindex-missing",
    "no noindex",
    "The item is not marked noindex, so it shows up in searches of the Internet Archive.",
    "Set on moves since May 2021 and on indexing since August 2022 (CAA-130).",
    "Metadata::item is noindex",
)
MEDIATYPE_WRONG: Final = _metadata(
    "item-mediatype-wrong",
    "wrong mediatype",
    "The mediatype of the item is not image. When the Internet Archive refuses the change, "
    "the event fails and a person is asked.",
    "Targets of merges were created with mediatype images until 2021 (CAA-130).",
    "Metadata::mediatype is image",
)
ITEM_MISSING: Final = _review(
    "item-missing",
    "the whole item is missing",
    "MusicBrainz shows art, and there is no item: the metadata is empty and the page says 404.",
    "Every original is lost, unless an item that was merged into this one has it.",
    "6",
    "exists",
)
ORIGINAL_MISSING: Final = _review(
    "original-missing",
    "an original is missing",
    "MusicBrainz shows an image whose original is not in the item, nor in one merged into it.",
    "The image may be lost; whoever asks for it gets an error.",
    "6",
    ORIGINAL_EXISTS,
)
ORIGINAL_AMBIGUOUS: Final = _review(
    "original-ambiguous",
    "a missing original in several versions",
    "Items merged into this one hold the missing original, with different bytes.",
    "Only a person can say which of them is right.",
    "6",
    ORIGINAL_EXISTS,
)
ORIGINAL_ELSEWHERE: Final = Kind(
    "original-elsewhere",
    Severity.DATA,
    Repair.COPY,
    "an original did not come along",
    "The original is missing here, and an item that was merged into this one still holds it.",
    "Until August 2013 nobody looked whether the copy of a merge had worked.",
    ("6",),
    (ORIGINAL_EXISTS,),
)
TWO_ORIGINALS: Final = _review(
    "two-originals",
    "two originals with one id",
    "Two originals differ only in their suffix.",
    "The Internet Archive can make no thumbnails then.",
    "7",
    "Files::image id is unique",
)
FOREIGN_UPLOADER: Final = _review(
    "foreign-uploader",
    "somebody else's item",
    "The item does not belong to the archive's account.",
    "Anybody can create an item of this name, and we cannot write to it.",
    "7",
)
ITEM_DARK: Final = _review(
    "item-dark",
    "the item is dark",
    "The Internet Archive took the item offline while MusicBrainz shows art.",
    "Nobody can read or write it.",
    "7",
    "darkened",
)
ORIGINAL_REPLACED: Final = _review(
    "original-replaced",
    "the bytes of an original changed",
    "An original has other bytes than at the last clean audit, and no event of ours wrote it.",
    "Nobody else watches for silent replacement or rot.",
    "7b",
)
THUMBNAILS: Final = {
    size: Kind(
        f"thumbnail-{size}-missing",
        Severity.CONTENT,
        Repair.DERIVE,
        f"no thumbnail of {size} pixels",
        f"The thumbnail of {size} pixels is still missing after the settling time.",
        "Recorded and exported; asked for only with derive=yes. Never blocks a repair.",
        ("8",),
        (f"Files::{size}px thumbnail exists",),
    )
    for size in THUMBNAIL_SIZES
}
UNKNOWN_FILE: Final = _recorded(
    "unknown-file",
    "a file we do not know",
    "A file in the item of an entity that matches no known rule.",
    "Recorded only: what is not ours is never touched.",
)
STRAY_DERIVATIVE: Final = _recorded(
    "stray-derivative",
    "a derivative without its original",
    "A thumbnail or the like of an image that is not in the item.",
    "Deletes took derivatives along only since May 2021 (CAA-128). Recorded only.",
)
EARLY_FILE: Final = _recorded(
    "early-file",
    "a file of early 2012",
    "A file under a name that was used in the first weeks of the archive.",
    "Recorded only: nobody is misled by it.",
)
TASK_IN_ERROR: Final = _review(
    "task-in-error",
    "a stopped task",
    "A task of the item stopped in error more than a day ago.",
    "Everything behind it waits until a person starts it again.",
    "13",
)
MALFORMED_ROW: Final = _review(
    "musicbrainz-row-malformed",
    "a row that cannot be used",
    "A row of the art tables lacks a value or has an unknown MIME type.",
    "What should be at the Internet Archive cannot be told.",
    None,
)
REPAIR_DOES_NOT_HOLD: Final = _review(
    "repair-does-not-hold",
    "the repair does not hold",
    "The same finding came back after max_repair_rounds repairs.",
    "Repairing on and on would only hide the cause.",
    None,
)
CANNOT_BE_JUDGED: Final = _review(
    "cannot-be-judged",
    "cannot be judged",
    "There was no verdict for the same reason ten times over fourteen days.",
    "What cannot be looked at must not stay unnoticed.",
    "13",
)
