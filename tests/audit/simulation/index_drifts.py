"""Drifts of index.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from artwork_indexer.sandbox.internet_archive.item import Item
from tests.audit.simulation.ground import ORIGINAL, Drift, Ground, nth, write, write_index
from tests.audit.simulation.stock import Entity, document

Document = dict[str, Any]
NOT_JSON: Final = (
    b"",
    b"not JSON",
    b"[]",
    b"{}",
    b"null",
    b"\xff\xfe",
    b'{"images": {}}',
    b'{"images": [null, 1, "x"], "release": 1}',
    b'{"images": []}',
    b"[" * 5000,
    b'{"images": [], "images": 1}',
    b"\xef\xbb\xbf{}",
)
VALUES: Final[tuple[object, ...]] = (
    None, "", "x", 0, -1, 1.5, True, False, [], {}, "http://example.org/", 10**30, "\x00\ud800",
    ["Front"], ["Front", "Front"], "1234", 1234,
)  # fmt: skip


def lose_index(_ground: Ground, _entity: Entity, item: Item, _drift: Drift) -> None:
    item.remove("index.json", item.last_updated)


def break_index(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    write(item, "index.json", nth(NOT_JSON, drift.how))


def cut_index(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    file = item.files.get("index.json")
    if file is not None:
        write(item, "index.json", file.content.read()[: -1 - drift.how])


def _edit(change: Callable[[Ground, Document, Drift], None], item: Item, *rest: Any) -> None:
    """Change index.json, if it is one with images."""
    ground, drift = rest
    found = document(item)
    if found is None or not found["images"]:
        return
    change(ground, found, drift)
    write_index(item, found)


def _set_value(_ground: Ground, index: Document, drift: Drift) -> None:
    image = nth(index["images"], drift.which)
    image[nth(sorted(image), drift.how)] = nth(VALUES, drift.how + drift.where)


def _drop_key(_ground: Ground, index: Document, drift: Drift) -> None:
    image = nth(index["images"], drift.which)
    image.pop(nth(sorted(image), drift.how))


def _spoil_thumbnail(_ground: Ground, index: Document, drift: Drift) -> None:
    thumbnails = nth(index["images"], drift.which).get("thumbnails")
    if isinstance(thumbnails, dict) and thumbnails:
        thumbnails[nth(sorted(thumbnails), drift.how)] = nth(VALUES, drift.where + drift.how)


def _drop_image(_ground: Ground, index: Document, drift: Drift) -> None:
    index["images"].pop(drift.which % len(index["images"]))


def _double_image(_ground: Ground, index: Document, drift: Drift) -> None:
    index["images"].append(dict(nth(index["images"], drift.which)))


def _turn_round(_ground: Ground, index: Document, _drift: Drift) -> None:
    index["images"].reverse()


def _quote_ids(_ground: Ground, index: Document, _drift: Drift) -> None:
    for image in index["images"]:
        image["id"] = str(image.get("id"))


def _list_unknown(ground: Ground, index: Document, drift: Drift) -> None:
    index["images"].append(
        {**nth(index["images"], drift.which), "id": ground.unknown_id(drift.how)}
    )


def _list_neighbours(ground: Ground, index: Document, drift: Drift) -> None:
    other, its = nth(ground.items(), drift.which)
    found = document(its)
    if found is not None and found["images"]:
        ground.touch(other)
        index["images"].append(nth(found["images"], drift.how))


def _add_key(_ground: Ground, index: Document, drift: Drift) -> None:
    nth([index, *index["images"]], drift.which)["surprise"] = nth(VALUES, drift.how)


def _set_top(_ground: Ground, index: Document, drift: Drift) -> None:
    index[nth(("release", "event", "images", "x"), drift.which)] = nth(VALUES, drift.how)


def _older(_ground: Ground, index: Document, drift: Drift) -> None:
    """As it was written in former years: the same meaning."""
    text = json.dumps(index)
    if drift.how % 2:
        text = text.replace("https://coverartarchive", "http://coverartarchive")
    index.clear()
    index.update(json.loads(text))
    if drift.how % 3:
        for image in index["images"]:
            thumbnails = image.get("thumbnails")
            if isinstance(thumbnails, dict):
                for size in ("250", "500", "1200"):
                    thumbnails.pop(size, None)


def reformat(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    found = document(item)
    if found is not None:
        write_index(item, found, **nth(({"indent": 1}, {"sort_keys": False}, {}), drift.how))


IndexDrift = Callable[[Ground, Entity, Item, Drift], None]


def _of_document(change: Callable[[Ground, Document, Drift], None]) -> IndexDrift:
    def drifted(ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
        _edit(change, item, ground, drift)

    return drifted


INDEX_DRIFTS: Final[Mapping[str, IndexDrift]] = {
    "lose_index": lose_index,
    "break_index": break_index,
    "cut_index": cut_index,
    "reformat": reformat,
    **{
        change.__name__.lstrip("_"): _of_document(change)
        for change in (
            _set_value,
            _drop_key,
            _spoil_thumbnail,
            _drop_image,
            _double_image,
            _turn_round,
            _quote_ids,
            _list_unknown,
            _list_neighbours,
            _add_key,
            _set_top,
            _older,
        )
    },
}


def listed_originals(item: Item) -> set[int]:
    """Ids of the originals in an item, under its own name."""
    return {
        int(found[2])
        for name in item.files
        if (found := ORIGINAL.fullmatch(name)) and f"mbid-{found[1]}" == item.identifier
    }
