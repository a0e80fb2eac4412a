"""The checks of the auditor of 2021, so that its results can be set beside ours.

Its results name them ``<class>::<check>``; ``<type>`` and ``<key>`` stand for any text.
(https://github.com/ROpdebee/CAA-Auditor; results in ticket IMG-129)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ALL: Final = ("Item", "EmptyItem", "MergedItem", "DeletedItem")
ACTIVE: Final = ("Item",)
IN_MUSICBRAINZ: Final = ("Item", "EmptyItem")
ONLY_AT_ARCHIVE: Final = ("MergedItem", "DeletedItem")


@dataclass(frozen=True, slots=True)
class Check:
    """One check, and the classes of items it was made for."""

    number: int
    name: str
    classes: tuple[str, ...]

    @property
    def full_names(self) -> tuple[str, ...]:
        """As in the published results."""
        return tuple(f"{item_class}::{self.name}" for item_class in self.classes)

    def is_called(self, full_name: str) -> bool:
        """Whether a name from the published results is one of this check."""
        pattern = re.sub(r"<\w+>", ".+", re.escape(self.name))
        return re.fullmatch(f"(?:{'|'.join(self.classes)})::{pattern}", full_name) is not None


CHECKS: Final = tuple(
    Check(number, name, classes)
    for number, (name, classes) in enumerate(
        (
            ("exists", ALL),
            ("darkened", ALL),
            ("ia modified", ALL),
            ("test item", ONLY_AT_ARCHIVE),
            ("index is absent", ONLY_AT_ARCHIVE),
            ("images are absent", ONLY_AT_ARCHIVE),
            ("derivatives are absent", ONLY_AT_ARCHIVE),
            ("mb_metadata is absent", ONLY_AT_ARCHIVE),
            ("release url is absent", ("DeletedItem",)),
            ("Metadata::in caa collection", IN_MUSICBRAINZ),
            ("Metadata::item is noindex", IN_MUSICBRAINZ),
            ("Metadata::mediatype is image", IN_MUSICBRAINZ),
            ("Metadata::title correct", IN_MUSICBRAINZ),
            ("Metadata::creators correct", IN_MUSICBRAINZ),
            ("Metadata::date correct", IN_MUSICBRAINZ),
            ("Metadata::language correct", IN_MUSICBRAINZ),
            ("Metadata::unexpected external id::<type>", IN_MUSICBRAINZ),
            ("Metadata::missing external id::<type>", IN_MUSICBRAINZ),
            ("Files::index.json exists", IN_MUSICBRAINZ),
            ("Files::mb_metadata.xml exists", IN_MUSICBRAINZ),
            ("Files::original image exists", ACTIVE),
            ("Files::250px thumbnail exists", ACTIVE),
            ("Files::500px thumbnail exists", ACTIVE),
            ("Files::1200px thumbnail exists", ACTIVE),
            ("Files::image id is unique", ACTIVE),
            ("CAAIndex::is present", IN_MUSICBRAINZ),
            ("CAAIndex::is well-formed", IN_MUSICBRAINZ),
            ("CAAIndex::has all keys", IN_MUSICBRAINZ),
            ("CAAIndex::unexpected key", IN_MUSICBRAINZ),
            ("CAAIndex::release url correct", IN_MUSICBRAINZ),
            ("CAAIndex::Image::is well-formed", IN_MUSICBRAINZ),
            ("CAAIndex::Image::id is int", IN_MUSICBRAINZ),
            ("CAAIndex::Image::unexpected image", IN_MUSICBRAINZ),
            ("CAAIndex::Image::has <key>", ACTIVE),
            ("CAAIndex::Image::<key> correct", ACTIVE),
            ("CAAIndex::Image::unexpected key", ACTIVE),
            ("CAAIndex::Image::missing image", ACTIVE),
            ("CAAIndex::Image::image id is unique", ACTIVE),
            ("CAAIndex::Image::order", IN_MUSICBRAINZ),
        ),
        start=1,
    )
)
