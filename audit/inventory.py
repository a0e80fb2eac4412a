"""The files of an item, sorted by what their names say.

Names decide, never ``source``: the Internet Archive marks most of its own files "original".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.messages import LARGEST_ID

ORIGINALS: Final = frozenset({".jpg", ".png", ".gif", ".pdf"})
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
_OF_IMAGE: Final = re.compile(r"-([1-9][0-9]{0,18})([_.][^\n]+)$", re.ASCII)


@dataclass(slots=True)
class Inventory:
    """The files of one item. ``originals`` has the suffixes by image id."""

    originals: dict[int, list[str]] = field(default_factory=dict)
    derivatives: dict[int, list[str]] = field(default_factory=dict)
    early: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    had_index: bool = False
    """It has an index.json, or its history has one."""


def take(gid: str, files: Iterable[str]) -> Inventory:
    """Sort the names of all files of an item."""
    inventory = Inventory()
    item = names.item(gid)
    start = len(item)
    of_image = _OF_IMAGE.match
    for name in files:
        if not name.startswith(item):
            _sort_other(inventory, name)
            continue
        found = of_image(name, start)
        if found is None:
            _sort_own(inventory, name, name[start:])
            continue
        number, end = found.groups()
        if end in DERIVATIVES:
            inventory.derivatives.setdefault(int(number), []).append(name)
        elif end in ORIGINALS and int(number) <= LARGEST_ID:
            inventory.originals.setdefault(int(number), []).append(end[1:])
        else:
            _sort_own(inventory, name, name[start:])
    return inventory


def _sort_other(inventory: Inventory, name: str) -> None:
    if name == names.INDEX_JSON:
        inventory.had_index = True
    elif name.startswith(HISTORY):
        inventory.had_index |= name.startswith(INDEX_HISTORY)
    elif name in EARLY or name.endswith(EARLY_END):
        inventory.early.append(name)
    elif name not in OTHER_BOOKKEEPING:
        inventory.unknown.append(name)


def _sort_own(inventory: Inventory, name: str, rest: str) -> None:
    """A name that is of no image; ``rest`` is what follows the name of the item."""
    if rest in EARLY or rest.endswith(EARLY_END):
        inventory.early.append(name)
    elif rest not in BOOKKEEPING:
        inventory.unknown.append(name)
