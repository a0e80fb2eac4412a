"""Names of items and files at the Internet Archive.

Only names that match one of these rules exactly are ours; everything else in an item is
somebody else's and is never touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

INDEX_JSON: Final = "index.json"
THUMBNAIL_SIZES: Final = (250, 500, 1200)

_GID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ITEM: Final = re.compile(f"mbid-({_GID})")
_IMAGE: Final = re.compile(rf"mbid-({_GID})-([0-9]+)\.(jpg|png|gif|pdf)")
_THUMBNAIL: Final = re.compile(rf"mbid-({_GID})-([0-9]+)_thumb(250|500|1200)\.jpg")


@dataclass(frozen=True, slots=True)
class ImageName:
    """The parts of an original's name; ``gid`` is the MBID in the name, not the item's."""

    gid: str
    image_id: int
    suffix: str


@dataclass(frozen=True, slots=True)
class ThumbnailName:
    """The parts of a thumbnail's name; ``size`` in pixels."""

    gid: str
    image_id: int
    size: int


def item(gid: str) -> str:
    """The item of an entity, which S3 calls a bucket."""
    return f"mbid-{gid}"


def image(gid: str, image_id: int, suffix: str) -> str:
    """The original of an image."""
    return f"mbid-{gid}-{image_id}.{suffix}"


def thumbnail(gid: str, image_id: int, size: int) -> str:
    """A thumbnail, always a JPEG whatever its original is."""
    return f"mbid-{gid}-{image_id}_thumb{size}.jpg"


def metadata_xml(gid: str) -> str:
    """The document of the MusicBrainz web service."""
    return f"mbid-{gid}_mb_metadata.xml"


def parse_item(name: str) -> str | None:
    """The MBID of one of our items."""
    found = _ITEM.fullmatch(name)
    return None if found is None else found[1]


def parse_image(name: str) -> ImageName | None:
    """The parts of the name of an original, or None if the name is anything else."""
    found = _IMAGE.fullmatch(name)
    return None if found is None else ImageName(found[1], int(found[2]), found[3])


def parse_thumbnail(name: str) -> ThumbnailName | None:
    """The parts of the name of a thumbnail, or None if the name is anything else."""
    found = _THUMBNAIL.fullmatch(name)
    return None if found is None else ThumbnailName(found[1], int(found[2]), int(found[3]))
