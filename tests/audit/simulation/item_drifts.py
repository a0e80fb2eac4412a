"""Drifts of items: files, metadata, tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from artwork_indexer.sandbox.internet_archive.item import Item
from artwork_indexer.sandbox.internet_archive.tasks import WaitAdmin
from artwork_indexer.sandbox.world_art import image_id
from tests.audit.simulation.ground import UPLOADERS, Drift, Ground, nth, originals, write
from tests.audit.simulation.stock import Entity

ItemDrift = Callable[[Ground, Entity, Item, Drift], None]
SUFFIXES: Final = ("jpg", "png", "gif", "pdf")
ODD_NAMES: Final = (
    "front-1.jpg",
    "metadata.xml",
    "notes.txt",
    "__ia_thumb.jpg",
    "history/files/index.json.~1~",
    "images/cover.jpg",
    "mbid-00000000-0000-4000-8000-000000000000-1.jpg",
    "Ünïcode ✓.jpg",
    "index.json.tmp",
    "mbid.log",
)
NOT_XML: Final = (
    b"",
    b"<html><title>502</title></html>",
    b"\xff\xfe<metadata",
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><metadata>&a;</metadata>',
    b"<metadata/>",
    b"<metadata>" + b"<a>" * 3000,
)
FIELDS: Final = ("collection", "noindex", "mediatype", "title", "xyz")
VALUES: Final = ("", "false", "texts", "image", ["a", "b"], "coverartarchive", ["eventartarchive"])


def lose_original(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    names = originals(item)
    if names:
        item.remove(nth(names, drift.which), item.last_updated, cascade=drift.how % 2 == 0)


def rot_original(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    names = originals(item)
    if names:
        write(item, nth(names, drift.which), b"rotten %d" % drift.how)


def second_suffix(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    names = originals(item)
    if names:
        stem = nth(names, drift.which).rpartition(".")[0]
        write(item, f"{stem}.{nth(SUFFIXES, drift.how)}", b"another suffix")


def other_suffix(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    names = originals(item)
    if names:
        name = nth(names, drift.which)
        file = item.files.pop(name)
        write(item, f"{name.rpartition('.')[0]}.{nth(SUFFIXES, drift.how)}", file.content.read())


def unknown_original(ground: Ground, entity: Entity, item: Item, drift: Drift) -> None:
    number = ground.unknown_id(drift.which)
    write(item, f"{entity.item}-{number}.{nth(SUFFIXES, drift.how)}", b"whose is this?")


def young_original(ground: Ground, entity: Entity, item: Item, drift: Drift) -> None:
    """An upload whose edit is being entered, or never was."""
    number = image_id_now(ground) - 100 * drift.which
    write(item, f"{entity.item}-{number}.{nth(SUFFIXES, drift.how)}", b"just uploaded")


def image_id_now(ground: Ground) -> int:
    return image_id(datetime.fromtimestamp(ground.archive.clock.now(), UTC))


def stray_original(ground: Ground, entity: Entity, item: Item, drift: Drift) -> None:
    """An image of a neighbour: copied here, or moved here, or with other bytes."""
    others = [(other, its) for other, its in ground.items() if other != entity and originals(its)]
    if not others:
        return
    other, its = nth(others, drift.which)
    name = nth(originals(its), drift.how)
    content = its.files[name].content
    ground.touch(other)
    data = b"other bytes" if drift.how % 5 == 4 else content.read()
    write(item, name.replace(other.gid, entity.gid), data)
    if drift.how % 5 < 2:
        its.files.pop(name, None)
        its.touch()


def lose_thumbnails(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    thumbnails = sorted(name for name in item.files if "_thumb" in name)
    for name in thumbnails[:: 1 + drift.how % 4]:
        item.remove(name, item.last_updated)


def orphan_thumbnail(ground: Ground, entity: Entity, item: Item, drift: Drift) -> None:
    write(item, f"{entity.item}-{ground.unknown_id(drift.which)}_thumb250.jpg", b"thumbnail")


def odd_file(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    write(item, nth(ODD_NAMES, drift.which), b"odd")


def lose_document(_ground: Ground, entity: Entity, item: Item, _drift: Drift) -> None:
    item.remove(f"{entity.item}_mb_metadata.xml", item.last_updated)


def break_document(_ground: Ground, entity: Entity, item: Item, drift: Drift) -> None:
    write(item, f"{entity.item}_mb_metadata.xml", nth(NOT_XML, drift.how))


def age_document(ground: Ground, entity: Entity, item: Item, drift: Drift) -> None:
    """Another document of the web service: cut, of somebody else, or an older one."""
    name = f"{entity.item}_mb_metadata.xml"
    other, its = nth(ground.items(), drift.which)
    file = its.files.get(f"{other.item}_mb_metadata.xml")
    if file is None:
        return
    body = file.content.read()
    olds = (body, body[: len(body) // 2], body.replace(b"a", b"e"), body.replace(b"<", b"\n<"))
    write(item, name, nth(olds, drift.how))


def change_metadata(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    value = nth(VALUES, drift.how)
    item.metadata[nth(FIELDS, drift.which)] = list(value) if isinstance(value, list) else value
    item.touch()


def lose_metadata(_ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    item.metadata.pop(nth(FIELDS, drift.which), None)
    item.touch()


def change_uploader(_ground: Ground, entity: Entity, item: Item, drift: Drift) -> None:
    owners = ("stranger@example.org", "", UPLOADERS[entity.entity_type].upper())
    item.metadata["uploader"] = nth(owners, drift.how)
    item.touch()


def lose_item(ground: Ground, entity: Entity, _item: Item, _drift: Drift) -> None:
    del ground.archive.items[entity.item]


def darken_item(ground: Ground, entity: Entity, _item: Item, _drift: Drift) -> None:
    ground.archive.darken(entity.item)


def leave_task(ground: Ground, _entity: Entity, item: Item, drift: Drift) -> None:
    """A task that waits, and perhaps has stopped."""
    state = nth((None, WaitAdmin.RED, WaitAdmin.PAUSED), drift.how)
    task = ground.archive.submit_derive(item, submitter="somebody")
    if task.finished is None and state is not None:
        ground.archive.tasks.stop(task, state)


ITEM_DRIFTS: Final[Mapping[str, ItemDrift]] = {
    drift.__name__: drift
    for drift in (
        lose_original,
        rot_original,
        second_suffix,
        other_suffix,
        unknown_original,
        young_original,
        stray_original,
        lose_thumbnails,
        orphan_thumbnail,
        odd_file,
        lose_document,
        break_document,
        age_document,
        change_metadata,
        lose_metadata,
        change_uploader,
        lose_item,
        darken_item,
        leave_task,
    )
}
