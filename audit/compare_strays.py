"""Images found where they should not be: the rescue rule.

The last copy is never deleted. So each image is judged by who owns its id, and by what the
owner's item lists under it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import File, Files
from audit import catalogue, catalogue_item
from audit import catalogue_strays as kinds
from audit.comparison import CompareSettings, Wait
from audit.findings import Finding, Kind, plain
from audit.inventory import Inventory
from audit.states import Dark, Expected, Lacks, Life, Listed, Owner, OwnerItem, Surroundings
from audit.states import Unreadable as UnreadableItem
from audit.uploads import is_younger, seconds_until
from audit.wording import image, listing

Judgement = Finding | Wait
OWNER: Final = "the item of an owner"
CHECKSUM: Final = "a checksum"


def compare_strays(
    expected: Expected,
    inventory: Inventory,
    files: Files,
    listed: frozenset[int],
    surroundings: Surroundings,
    settings: CompareSettings,
    now: float,
) -> Iterator[Judgement]:
    """Judge every image that is in the item or in index.json and not this entity's.

    ``surroundings`` has to know the owner of each (:func:`audit.lookups.stray_ids`).
    """
    window = settings.upload_window.total_seconds()
    for number in sorted((inventory.originals.keys() | listed) - expected.image_ids):
        if number not in listed and is_younger(number, window, now):
            yield Wait(
                catalogue.FRESH_UPLOAD,
                f"{image(number)} is not listed yet, and too young to be left over",
                seconds_until(number, window, now),
            )
        else:
            stray = _Stray(expected, number, number in listed, inventory, files, surroundings)
            yield from stray.judge()


class _Stray:
    """One such image."""

    def __init__(
        self,
        expected: Expected,
        number: int,
        is_listed: bool,
        inventory: Inventory,
        files: Files,
        surroundings: Surroundings,
    ) -> None:
        self._expected = expected
        self._number = number
        self._is_listed = is_listed
        self._suffixes = inventory.originals.get(number, [])
        self._was_indexed = inventory.had_index
        self._files = files
        self._owner = surroundings.owners[number]
        self._owner_item = surroundings.owner_items.get(number)
        self._others = surroundings.holders.get(number, ())

    def judge(self) -> Iterator[Judgement]:
        owner = self._owner
        if owner is None:
            yield self._unknown()
        elif owner.entity_type != self._expected.entity_type:
            yield self._finding(
                kinds.STRAY_OTHER_ARCHIVE, f"belongs to the {owner.entity_type} {owner.gid}", owner
            )
        elif owner.gid == self._expected.gid:
            yield Wait(catalogue.DATABASE_CHANGED, f"{image(self._number)} came in the meantime")
        else:
            if self._is_listed and self._expected.life is Life.LIVE:
                yield self._finding(kinds.STRAY_LISTED, f"is listed, but of {owner.gid}", owner)
            if self._suffixes:
                yield self._rescue(owner)

    def _unknown(self) -> Finding:
        if not self._suffixes:
            return self._finding(
                kinds.STRAY_LISTED_UNKNOWN, "is listed, but MusicBrainz does not know it"
            )
        if self._expected.life is not Life.LIVE and not self._was_indexed:
            return self._finding(
                kinds.TEST_UPLOAD, "unknown to MusicBrainz, in an item that was never indexed"
            )
        return self._finding(kinds.STRAY_UNKNOWN, "MusicBrainz does not know it")

    def _rescue(self, owner: Owner) -> Judgement:
        if len(self._suffixes) > 1:
            told = f"there are two originals: {listing(sorted(self._suffixes))}"
            return self._finding(catalogue_item.TWO_ORIGINALS, told, owner)
        if owner.darkened:
            return self._finding(
                kinds.STRAY_OWNER_DARK, f"is of {owner.gid}, which is darkened", owner
            )
        if self._suffixes[0] != owner.suffix:
            told = f"is a {self._suffixes[0]} here, but a {owner.suffix} of {owner.gid}"
            return self._finding(kinds.STRAY_OTHER_BYTES, told, owner)
        return self._compare_with(owner, self._owner_item)

    def _compare_with(self, owner: Owner, there: OwnerItem | None) -> Judgement:
        match there:
            case None:
                return _unreadable(f"the item of {owner.gid} was not looked at", OWNER)
            case UnreadableItem(reason):
                return _unreadable(f"{reason} (the owner of {image(self._number)})", OWNER)
            case Dark():
                return self._finding(
                    kinds.STRAY_OWNER_DARK, f"is of {owner.gid}, whose item is dark", owner
                )
            case Lacks():
                return self._compare_versions(owner)
            case Listed():
                return self._compare_bytes(owner, there)

    def _compare_versions(self, owner: Owner) -> Judgement:
        """The owner's item lacks it; another item that was merged into it may have it too."""
        here, told = self._file, f"is of {owner.gid}, whose item lacks it"
        for other in self._others:
            if isinstance(other.item, UnreadableItem):
                return _unreadable(f"{other.item.reason} (item of {other.gid})", OWNER)
            if isinstance(other.item, Listed):
                if None in (here.md5, here.size, other.item.md5, other.item.size):
                    return _unreadable(f"no checksum of {image(self._number)} is listed", CHECKSUM)
                if (here.md5, here.size) != (other.item.md5, other.item.size):
                    told += f"; the item of {other.gid} has other bytes"
                    return self._finding(
                        kinds.STRAY_OTHER_BYTES, told, owner, other_version=other.gid
                    )
        return self._finding(kinds.STRAY_NOT_COPIED, told, owner)

    def _compare_bytes(self, owner: Owner, there: Listed) -> Judgement:
        here = self._file
        if None in (here.md5, here.size, there.md5, there.size):
            return _unreadable(f"no checksum of {image(self._number)} is listed", CHECKSUM)
        if (here.md5, here.size) == (there.md5, there.size):
            told = f"is of {owner.gid}, whose item lists the same bytes"
            return self._finding(kinds.STRAY_COPIED, told, owner)
        told = f"is of {owner.gid}, whose item lists other bytes"
        return self._finding(
            kinds.STRAY_OTHER_BYTES,
            told,
            owner,
            their_md5=checksum(there.md5),
            their_size=there.size,
        )

    @property
    def _file(self) -> File:
        return self._files[names.image(self._expected.gid, self._number, self._suffixes[0])]

    def _finding(
        self, kind: Kind, told: str, owner: Owner | None = None, **details: object
    ) -> Finding:
        if self._suffixes:
            file = self._file
            details |= {"suffix": self._suffixes[0], "md5": checksum(file.md5), "size": file.size}
        if owner is not None:
            details["owner"] = owner.gid
        subject = image(self._number)
        return Finding(kind, subject, f"{subject} {told}", details, self._number)


def checksum(md5: str | None) -> str | None:
    """A checksum from outside, safe to keep."""
    return None if md5 is None else plain(md5)


def _unreadable(message: str, what: str) -> Wait:
    return Wait(catalogue.UNREADABLE, plain(message, 1000), what=what)
