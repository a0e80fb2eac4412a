"""The files of an item, sorted by what their names say.

Names decide, never ``source``: the Internet Archive marks most of its own files "original".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from artwork_indexer.archive import names
from audit.index_document import is_number

SUFFIXES: Final = frozenset({"jpg", "png", "gif", "pdf"})
HISTORY: Final = "history/"
INDEX_HISTORY: Final = "history/files/index.json.~"

DERIVATIVES: Final = frozenset(
    {
        "_thumb.jpg",
        *(f"_thumb{size}.jpg" for size in names.THUMBNAIL_SIZES),
        "_itemimage.jpg",
        # What is made of a PDF:
        "_jp2.zip",
        "_abbyy.gz",
        "_chocr.html.gz",
        "_hocr.html",
        "_hocr_pageindex.json.gz",
        "_hocr_searchtext.txt.gz",
        "_djvu.txt",
        "_djvu.xml",
        "_page_numbers.json",
        "_scandata.xml",
        "_text.pdf",
    }
)
"""Ends of the names of what the Internet Archive makes of an original."""

BOOKKEEPING: Final = frozenset(
    {
        "_meta.xml",
        "_files.xml",
        "_meta.sqlite",
        "_meta.log",
        "_archive.torrent",
        "_reviews.xml",
        "_rules.conf",
        "_mb_metadata.xml",
    }
)
"""Ends of names that follow the item's; the residual document, which nothing deletes, too."""

OTHER_BOOKKEEPING: Final = frozenset({"__ia_thumb.jpg", "_reviews.xml", "_rules.conf"})
EARLY: Final = frozenset({"metadata.xml", "front-1.jpg", "-mb_metadata.xml", "-front.jpg"})
EARLY_END: Final = ".jpg_meta.txt"


@dataclass(slots=True)
class Inventory:
    """The files of one item. ``originals`` has the suffixes by image id."""

    originals: dict[int, list[str]] = field(default_factory=dict)
    derivatives: dict[int, list[str]] = field(default_factory=dict)
    early: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    has_index: bool = False
    had_index: bool = False
    """It has an index.json, or its history has one."""


def take(gid: str, files: Iterable[str]) -> Inventory:
    """Sort the names of all files of an item."""
    inventory = Inventory()
    item = names.item(gid)
    start = len(item)
    for name in files:
        if name.startswith(item):
            _sort_own(inventory, name, name[start:])
        elif name == names.INDEX_JSON:
            inventory.has_index = inventory.had_index = True
        elif name.startswith(HISTORY):
            inventory.had_index |= name.startswith(INDEX_HISTORY)
        elif name in EARLY or name.endswith(EARLY_END):
            inventory.early.append(name)
        elif name not in OTHER_BOOKKEEPING:
            inventory.unknown.append(name)
    return inventory


def _sort_own(inventory: Inventory, name: str, rest: str) -> None:
    """``rest`` is what follows the name of the item."""
    if rest in BOOKKEEPING:
        return
    number, end = _split(rest)
    if number.isdigit() and is_number(number):
        if end in DERIVATIVES:
            inventory.derivatives.setdefault(int(number), []).append(name)
            return
        if end[1:] in SUFFIXES and end[0] == ".":
            inventory.originals.setdefault(int(number), []).append(end[1:])
            return
    early = rest in EARLY or rest.endswith(EARLY_END)
    (inventory.early if early else inventory.unknown).append(name)


def _split(rest: str) -> tuple[str, str]:
    """``-123_thumb250.jpg`` is ``123`` and ``_thumb250.jpg``; ``-123.jpg`` ``123`` and ``.jpg``."""
    at = rest.find("_")
    if at < 0:
        at = rest.find(".")
    if rest[:1] != "-" or at < 0:
        return "", rest
    return rest[1:at], rest[at:]
