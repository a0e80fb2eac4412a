"""Compares the metadata and the files of an item with what its entity needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Present
from artwork_indexer.archive.metadata_write import wrong_fields
from artwork_indexer.index_json import Image
from audit import catalogue
from audit import catalogue_item as kinds
from audit.compare_strays import Judgement, checksum
from audit.comparison import CompareSettings, Wait
from audit.findings import Finding, Kind, plain, quote
from audit.inventory import Inventory
from audit.originals import changed
from audit.states import (
    MD5_PREFIX,
    Dark,
    Evidence,
    Expected,
    Holder,
    Listed,
    Surroundings,
    Unreadable,
)
from audit.uploads import is_younger, seconds_until
from audit.wording import image, listing

METADATA_FIELDS: Final[Mapping[str, tuple[Kind, str | None]]] = {
    "collection": (kinds.NOT_IN_COLLECTION, None),
    "noindex": (kinds.NOINDEX_MISSING, "true"),
    "mediatype": (kinds.MEDIATYPE_WRONG, "image"),
}
"""The kind of finding and the right value; None is the collection of the archive."""


def compare_metadata(expected: Expected, record: Present) -> Iterator[Finding]:
    """What only the Metadata Write API can mend: collection, noindex and mediatype."""
    for field in wrong_fields(expected.project, record):
        kind, value = METADATA_FIELDS[field]
        yield _metadata(kind, record, field, value or expected.project.collection)


def compare_uploader(
    expected: Expected, record: Present, settings: CompareSettings
) -> Iterator[Finding]:
    """Whose item it is; addresses are compared without regard to case."""
    if record.uploader == expected.project.uploader:
        return
    allowed = {expected.project.uploader, *settings.uploaders}
    if (record.uploader or "").casefold() not in {account.casefold() for account in allowed}:
        owner = "nobody" if record.uploader is None else plain(record.uploader)
        message = f"item: it belongs to {owner}, not to {expected.project.uploader}"
        yield Finding(kinds.FOREIGN_UPLOADER, "item", message, {"uploader": owner})


def compare_originals(
    expected: Expected,
    inventory: Inventory,
    surroundings: Surroundings,
    settings: CompareSettings,
    now: float,
) -> Iterator[Judgement]:
    """Whether each image has its original, and only one."""
    settle = settings.settle.total_seconds()
    for wanted in expected.images:
        suffixes = inventory.originals.get(wanted.id)
        if suffixes == [wanted.suffix]:
            continue
        if suffixes is None:
            yield _missing(expected, wanted, surroundings, settle, now)
        else:
            yield _wrong_suffixes(wanted, suffixes)


def compare_missing_item(
    expected: Expected, surroundings: Surroundings, settings: CompareSettings, now: float
) -> Iterator[Judgement]:
    """The whole item is missing: what merged items still hold can be copied."""
    settle = settings.settle.total_seconds()
    judgements = [
        _missing(expected, wanted, surroundings, settle, now) for wanted in expected.images
    ]
    lost = [
        judgement.image_id
        for judgement in judgements
        if isinstance(judgement, Finding) and judgement.kind is not kinds.ORIGINAL_ELSEWHERE
    ]
    if lost:
        message = f"item: it is missing, and with it {listing(lost)}"
        yield Finding(kinds.ITEM_MISSING, "item", message, {"images": lost})
    for judgement in judgements:
        if isinstance(judgement, Wait) or judgement.kind is not kinds.ORIGINAL_MISSING:
            yield judgement


def compare_bytes(
    expected: Expected, record: Present, evidence: Evidence, surroundings: Surroundings
) -> Iterator[Finding]:
    """Whether originals still have the bytes they had at the last clean audit."""
    for original in changed(expected, record, evidence):
        if original.image_id in surroundings.written_ids:
            continue
        subject, now = image(original.image_id), checksum(original.md5[:MD5_PREFIX])
        details = {"file": original.file, "before": original.before, "now": now}
        message = (
            f"{subject}: the bytes of {original.file} changed from md5 {original.before}… to {now}…"
        )
        yield Finding(kinds.ORIGINAL_REPLACED, subject, message, details, original.image_id)


def compare_thumbnails(
    expected: Expected,
    inventory: Inventory,
    record: Present,
    settings: CompareSettings,
    now: float,
) -> Iterator[Finding]:
    """Whether each settled image has its thumbnails."""
    settle = settings.settle.total_seconds()
    for wanted in expected.images:
        if wanted.id not in inventory.originals or is_younger(wanted.id, settle, now):
            continue
        for size, kind in kinds.THUMBNAILS.items():
            if names.thumbnail(expected.gid, wanted.id, size) not in record.files:
                message = f"{image(wanted.id)}: no thumbnail of {size} pixels"
                yield Finding(kind, image(wanted.id), message, image_id=wanted.id)


def compare_other_files(expected: Expected, inventory: Inventory) -> Iterator[Finding]:
    """What is left over in the item of an entity in MusicBrainz: recorded, never touched."""
    alone = derivatives_alone(inventory, besides=expected.image_ids)
    for kind, subject, found in (
        (kinds.UNKNOWN_FILE, "unknown files", inventory.unknown),
        (kinds.EARLY_FILE, "early files", inventory.early),
        (kinds.STRAY_DERIVATIVE, "derivatives", alone),
    ):
        if found:
            yield of_files(kind, subject, found)


def derivatives_alone(inventory: Inventory, besides: frozenset[int] = frozenset()) -> list[str]:
    """The names of derivatives whose original is not in the item, ``besides`` these images."""
    return [
        name
        for number, found in inventory.derivatives.items()
        if number not in inventory.originals and number not in besides
        for name in found
    ]


def of_files(kind: Kind, subject: str, found: list[str]) -> Finding:
    """A finding about several files."""
    shown = sorted(plain(name) for name in found)
    return Finding(kind, subject, f"{subject}: {listing(shown)}", {"files": shown[:50]})


def _metadata(kind: Kind, record: Present, field: str, wanted: str) -> Finding:
    values = [plain(value) for value in record.values(field)]
    here = listing([quote(value) for value in values]) or "absent"
    message = f"item: {field} is {here}, should be {wanted}"
    return Finding(kind, "item", message, {"field": field, "values": values[:50]})


def _wrong_suffixes(wanted: Image, suffixes: list[str]) -> Finding:
    subject, found = image(wanted.id), sorted(suffixes)
    details = {"wanted": wanted.suffix, "found": found}
    if len(found) > 1:
        message = f"{subject}: there are originals with the suffixes {listing(found)}"
        return Finding(kinds.TWO_ORIGINALS, subject, message, details, wanted.id)
    message = f"{subject}: the original is a {found[0]}, MusicBrainz says {wanted.suffix}"
    return Finding(kinds.ORIGINAL_MISSING, subject, message, details, wanted.id)


def _missing(
    expected: Expected, wanted: Image, surroundings: Surroundings, settle: float, now: float
) -> Judgement:
    """The original is not in its item; an item that redirects here may hold it."""
    subject = image(wanted.id)
    if is_younger(wanted.id, settle, now):
        told = f"the original of {subject} may not have arrived yet"
        return Wait(catalogue.FRESH_UPLOAD, told, seconds_until(wanted.id, settle, now))
    holders = surroundings.holders.get(wanted.id, ())
    for holder in holders:
        if isinstance(holder.item, Unreadable):
            told = plain(f"{holder.item.reason} (item of {holder.gid})", 1000)
            return Wait(catalogue.UNREADABLE, told, what="an item merged into this one")
    listed = [(holder.gid, holder.item) for holder in holders if isinstance(holder.item, Listed)]
    if len(listed) > 1 and any(item.md5 is None for _, item in listed):
        told = f"no checksum of {subject} is listed"
        return Wait(catalogue.UNREADABLE, told, what="a checksum")
    copies = {(item.md5, item.size): gid for gid, item in reversed(listed)}
    name = names.image(expected.gid, wanted.id, wanted.suffix)
    if not copies:
        return _lost(subject, name, wanted, holders)
    if len(copies) > 1:
        gids = sorted(copies.values())
        told = f"{subject}: {name} is missing, and its versions in {listing(gids)} differ"
        return Finding(kinds.ORIGINAL_AMBIGUOUS, subject, told, {"holders": gids}, wanted.id)
    ((md5, size), gid) = next(iter(copies.items()))
    details = {"holder": gid, "suffix": wanted.suffix, "md5": checksum(md5), "size": size}
    told = f"{subject}: {name} is missing, the item of {gid} still has it"
    return Finding(kinds.ORIGINAL_ELSEWHERE, subject, told, details, wanted.id)


def _lost(subject: str, name: str, wanted: Image, holders: tuple[Holder, ...]) -> Finding:
    dark = sorted(holder.gid for holder in holders if isinstance(holder.item, Dark))
    told = f"{subject}: {name} is missing"
    if dark:
        told += f"; the item of {listing(dark)} is dark and may have it"
    details = {"file": name, "dark": dark}
    return Finding(kinds.ORIGINAL_MISSING, subject, told, details, wanted.id)
