"""File names of an item and what the Internet Archive makes of them."""

from __future__ import annotations

import re
from typing import Final

_IMAGE: Final = re.compile(r"mbid-[0-9a-f-]{36}-(\d+)\.(?:jpg|png|gif|pdf)")
_HISTORY: Final = re.compile(r"history/files/(.+)\.~(\d+)~")

THUMBNAILS: Final[dict[str, str]] = {
    "_thumb.jpg": "JPEG Thumb",
    "_thumb250.jpg": "JPEG 250px Thumb",
    "_thumb500.jpg": "JPEG 500px Thumb",
    "_thumb1200.jpg": "JPEG 1200px Thumb",
}
"""What the derive step makes of every listed image: suffix and format."""

ITEM_IMAGE: Final = ("_itemimage.jpg", "Item Image")

PDF_EXTRAS: Final[dict[str, str]] = {
    "_jp2.zip": "Single Page Processed JP2 ZIP",
    "_abbyy.gz": "Abbyy GZ",
    "_chocr.html.gz": "chOCR",
    "_hocr.html": "hOCR",
    "_hocr_pageindex.json.gz": "OCR Page Index",
    "_hocr_searchtext.txt.gz": "OCR Search Text",
    "_djvu.txt": "DjVuTXT",
    "_djvu.xml": "Djvu XML",
    "_page_numbers.json": "Page Numbers JSON",
    "_scandata.xml": "Scandata",
    "_text.pdf": "Text PDF",
}

_BY_ITEM_SUFFIX: Final[dict[str, str]] = {
    "_mb_metadata.xml": "MusicBrainz Metadata",
    "_meta.xml": "Metadata",
    "_files.xml": "Metadata",
    "_meta.sqlite": "Metadata",
    "_meta.log": "Metadata Log",
    "_archive.torrent": "Archive BitTorrent",
}

_BY_EXTENSION: Final[dict[str, str]] = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "pdf": "Image Container PDF",
    "json": "JSON",
    "txt": "Text",
    "torrent": "Archive BitTorrent",
}


def image_id(name: str) -> int | None:
    """Return the number of an image if ``name`` is that of an original image."""
    found = _IMAGE.fullmatch(name)
    return int(found[1]) if found else None


def history_name(name: str, number: int) -> str:
    """Return where version ``number`` of an overwritten or deleted file is kept."""
    return f"history/files/{name}.~{number}~"


def history_number(history: str, name: str) -> int:
    """Return the version number if ``history`` is an old version of ``name``, else 0."""
    found = _HISTORY.fullmatch(history)
    return int(found[2]) if found and found[1] == name else 0


def format_of(identifier: str, name: str) -> str:
    """Return the ``format`` that the Internet Archive gives a file of this name."""
    if old := _HISTORY.fullmatch(name):
        return format_of(identifier, old[1])
    if name == "__ia_thumb.jpg":
        return "Item Tile"
    if name.startswith(identifier):
        own = _BY_ITEM_SUFFIX.get(name[len(identifier) :])
        if own is not None:
            return own
    return _BY_EXTENSION.get(name.rpartition(".")[2].lower(), "Unknown")
