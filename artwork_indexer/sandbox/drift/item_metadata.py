"""Drift of the metadata of an item (decision table row 3)."""

from __future__ import annotations

from typing import Final

from artwork_indexer.sandbox.drift.builders import ANY, SOME_EVENT, Pick, single
from artwork_indexer.sandbox.drift.model import Drift, Label, mended
from artwork_indexer.sandbox.drift.stage import Site
from artwork_indexer.sandbox.internet_archive.item import FieldValue

MENDED: Final = ("update_metadata",)
COLLECTION: Final = mended("item-collection-wrong", by=MENDED)
NOINDEX: Final = mended("item-noindex-missing", by=MENDED)
REFUSED: Final = mended("item-mediatype-wrong", by=MENDED, end="manual_review")
"""The Internet Archive lets no owner change a mediatype, so the event fails for good."""


def set_field(site: Site, field: str, value: FieldValue | None) -> None:
    """Change a field of an item's metadata, or take it away."""
    if value is None:
        del site.item.metadata[field]
    else:
        site.item.metadata[field] = value
    site.item.touch()


def _field(
    name: str,
    title: str,
    field: str,
    value: FieldValue | None,
    label: Label,
    pick: Pick = ANY,
) -> Drift:
    return single(name, title, "3", lambda site: set_field(site, field, value), label, pick)


DRIFTS: Final[tuple[Drift, ...]] = (
    _field("collection-absent", "the item is in no collection", "collection", None, COLLECTION),
    _field("collection-other", "the item is in a collection for everybody", "collection",
           ["opensource_media", "fav-somebody"], COLLECTION),
    _field("event-in-cover-art", "an event's item is in the releases' collection", "collection",
           "coverartarchive", COLLECTION, SOME_EVENT),
    _field("noindex-absent", "the item shows up in searches", "noindex", None, NOINDEX),
    _field("noindex-false", "noindex is false", "noindex", "false", NOINDEX),
    _field("mediatype-absent", "the item has no mediatype", "mediatype", None, REFUSED),
    _field("mediatype-images", "the mediatype is images", "mediatype", "images", REFUSED),
)  # fmt: skip
