"""Kinds of findings about what should not be there (decision table rows 5, 9 and 10)."""

from __future__ import annotations

from typing import Final

from audit.findings import Kind, Repair, Severity

CHECKS: Final = ("CAAIndex::Image::unexpected image", "images are absent")
ROWS: Final = ("5", "9")


def _stray(
    id_: str, severity: Severity, repair: Repair, title: str, meaning: str, why: str
) -> Kind:
    return Kind(id_, severity, repair, title, meaning, why, ROWS, CHECKS)


def _leftover(id_: str, title: str, meaning: str, why: str, check: str | None = None) -> Kind:
    checks = () if check is None else (check,)
    return Kind(id_, Severity.LEFTOVER, Repair.REVIEW, title, meaning, why, ("10",), checks)


STRAY_LISTED: Final = _stray(
    "stray-listed",
    Severity.CONTENT,
    Repair.INDEX,
    "lists another entity's image",
    "index.json lists an image of another entity.",
    "Left when a merge or a removal was not indexed.",
)
STRAY_COPIED: Final = _stray(
    "stray-copied",
    Severity.LEFTOVER,
    Repair.DELETE,
    "another entity's image, which has it too",
    "The original is of another entity, whose item lists the same file with the same bytes.",
    "Until March 2024 nobody looked whether the final delete of a merge had worked. Deleted "
    "only after two audits agree, and only with deletions=yes.",
)
STRAY_NOT_COPIED: Final = _stray(
    "stray-not-copied",
    Severity.DATA,
    Repair.COPY,
    "another entity's image, which lacks it",
    "The original is of another entity, whose item lacks it: this may be the last copy.",
    "Until August 2013 nobody looked whether the copy of a merge had worked.",
)
STRAY_OTHER_BYTES: Final = _stray(
    "stray-other-bytes",
    Severity.DATA,
    Repair.REVIEW,
    "another entity's image with other bytes",
    "The original is of another entity, whose item, or one that was merged into it, has other "
    "bytes under this id.",
    "Deleting this one could lose the right version.",
)
STRAY_OWNER_DARK: Final = _stray(
    "stray-owner-dark",
    Severity.DATA,
    Repair.REVIEW,
    "the owner of an image is dark",
    "The original is of another entity, which is darkened or whose item is dark.",
    "Nothing can be copied there, and perhaps nothing should be shown here.",
)
STRAY_OTHER_ARCHIVE: Final = _stray(
    "stray-other-archive",
    Severity.DATA,
    Repair.REVIEW,
    "an image of the other archive",
    "The id belongs to an entity of the other archive.",
    "Ids are times, so this may be chance. Preserve it or purge it: only a person can say.",
)
STRAY_UNKNOWN: Final = _stray(
    "stray-unknown",
    Severity.DATA,
    Repair.REVIEW,
    "an image nobody owns",
    "MusicBrainz does not know the id of an original in this item.",
    "Preserve it or purge it: only a person can say.",
)
STRAY_LISTED_UNKNOWN: Final = _stray(
    "stray-listed-unknown",
    Severity.CONTENT,
    Repair.REVIEW,
    "lists an image nobody owns",
    "index.json lists an id that MusicBrainz does not know; the file is not in the item.",
    "Removed properly and not indexed since, or lost: only a person can say.",
)
LEFTOVER_INDEX: Final = Kind(
    "leftover-index",
    Severity.LEFTOVER,
    Repair.DEINDEX,
    "index.json of a merged or deleted entity",
    "The entity is not in MusicBrainz any more and its item still has an index.json.",
    "Before May 2012 nothing removed it; later some removals failed.",
    ("9",),
    ("index is absent",),
)
LEFTOVER_DERIVATIVES: Final = _leftover(
    "leftover-derivatives",
    "thumbnails of a merged or deleted entity",
    "The originals are gone, and thumbnails or other derivatives remain.",
    "Deletes took derivatives along only since May 2021 (CAA-128). Needs staff of the Internet "
    "Archive.",
    "derivatives are absent",
)
LEFTOVER_FILES: Final = _leftover(
    "leftover-files",
    "other files of a merged or deleted entity",
    "Logs, names of early 2012, or files that match no known rule.",
    "Needs staff of the Internet Archive.",
)
TEST_UPLOAD: Final = _leftover(
    "test-upload",
    "probably uploaded from a test server",
    "Images nobody owns, in an item that never had an index.json, now or in its history.",
    "Test servers of MusicBrainz share the names of items.",
    "test item",
)
