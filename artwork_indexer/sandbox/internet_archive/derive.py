"""The derive step: thumbnails of listed images, PDF extras, and ``_meta.xml`` fields."""

from __future__ import annotations

import json
import re
from collections import Counter
from fnmatch import fnmatchcase

from artwork_indexer.sandbox.internet_archive.item import Item
from artwork_indexer.sandbox.internet_archive.musicbrainz_fields import FIELDS, fields_from_xml
from artwork_indexer.sandbox.internet_archive.names import (
    ITEM_IMAGE,
    PDF_EXTRAS,
    THUMBNAILS,
    image_id,
)
from artwork_indexer.sandbox.internet_archive.stored_file import Content, StoredFile

_LISTED_IMAGE = re.compile(r"/(\d+)\.\w+$")


def derive(item: Item, now: float, *, remove: str = "") -> None:
    """Bring all derivatives of an item up to date.

    ``remove`` is a file pattern: derivatives matching it are made afresh.
    """
    if remove:
        _remove_derivatives(item, remove, now)
    if item.identifier.startswith("mbid-"):
        _fill_metadata(item, now)
        _make_derivatives(item, now)
    item.touch(now)


def _remove_derivatives(item: Item, pattern: str, now: float) -> None:
    for stored in list(item.files.values()):
        if stored.source == "derivative" and fnmatchcase(stored.name, pattern):
            item.remove(stored.name, now)


def _fill_metadata(item: Item, now: float) -> None:
    document = item.files.get(f"{item.identifier}_mb_metadata.xml")
    log_name = f"{item.identifier}_meta.log"
    if document is None:
        return
    log = item.files.get(log_name)
    if log is not None and log.made_from == document.content.md5:
        return
    fields = fields_from_xml(document.content.read())
    if fields is None:
        return
    for name in FIELDS:
        item.metadata.pop(name, None)
    item.metadata.update(fields)
    text = f"{len(fields)} fields taken from {document.name} ({document.content.md5})\n"
    _add_derivative(item, document, log_name, "Metadata Log", text.encode(), now)


def _make_derivatives(item: Item, now: float) -> None:
    originals = [f for f in item.files.values() if image_id(f.name) is not None]
    numbers = Counter(image_id(f.name) for f in originals)
    listed = _listed_ids(item)
    unlisted = []
    for original in originals:
        number = image_id(original.name)
        if number not in listed:
            unlisted.append(f"JPEGThumb:CAA/EAA image not in index.json:{original.name}")
        elif numbers[number] == 1:  # two files with one number break the derive step
            _make_thumbnails(item, original, now)
    if unlisted:
        item.metadata["fail-reasons"] = "\n".join(unlisted)
    else:
        item.metadata.pop("fail-reasons", None)


def _listed_ids(item: Item) -> set[int]:
    """Return the ids in index.json, from the URLs: they are there in all generations."""
    index = item.files.get("index.json")
    if index is None:
        return set()
    try:
        images = json.loads(index.content.read())["images"]
        found = [_LISTED_IMAGE.search(image["image"]) for image in images]
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()
    return {int(match[1]) for match in found if match}


def _make_thumbnails(item: Item, original: StoredFile, now: float) -> None:
    stem, _, extension = original.name.rpartition(".")
    md5 = original.content.md5
    present = item.files.get(f"{stem}_thumb.jpg")
    if present is not None and present.made_from == md5 and _complete(item, stem):
        return
    for suffix, kind in THUMBNAILS.items():
        _add_derivative(item, original, stem + suffix, kind, _jpeg(md5, suffix), now)
    if int(md5[0], 16) % 4 == 0:  # the real service makes one for some images only
        suffix, kind = ITEM_IMAGE
        _add_derivative(item, original, stem + suffix, kind, _jpeg(md5, suffix), now)
    if extension == "pdf":
        for suffix, kind in PDF_EXTRAS.items():
            data = f"{suffix} of {md5}\n".encode()
            _add_derivative(item, original, stem + suffix, kind, data, now)
    if "__ia_thumb.jpg" not in item.files:
        tile = item.put("__ia_thumb.jpg", Content.of(_jpeg(md5, "tile")), now)
        tile.extra["rotation"] = "0"


def _complete(item: Item, stem: str) -> bool:
    return all(stem + suffix in item.files for suffix in THUMBNAILS)


def _jpeg(md5: str, what: str) -> bytes:
    return b"\xff\xd8\xff\xe0" + f"{what} of {md5}".encode() + b"\xff\xd9"


def _add_derivative(
    item: Item, parent: StoredFile, name: str, kind: str, data: bytes, now: float
) -> None:
    item.add(
        StoredFile(
            name,
            Content.of(data),
            int(now),
            kind,
            source="derivative",
            original=parent.name,
            made_from=parent.content.md5,
        ),
        now,
    )
