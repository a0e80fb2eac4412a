"""What other items say about images: those of their owners, and those of merged MBIDs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Present
from artwork_indexer.index_json import Image
from artwork_indexer.remotes import Remotes
from audit.actual import ImproperAnswerError, read_record
from audit.states import (
    Dark,
    Expected,
    Holder,
    Lacks,
    Listed,
    Missing,
    Owner,
    OwnerItem,
    Unreadable,
)

ItemState = Present | Dark | Missing | Unreadable


async def read_owner_items(
    remotes: Remotes, expected: Expected, owners: Mapping[int, Owner | None]
) -> dict[int, OwnerItem]:
    """What the items of the owners say, by image id; one request for each owner.

    Left out are images without an owner, of the other archive, and of this very entity.

    Raises:
        ServicePaused: the Internet Archive has to be left alone.
    """
    elsewhere = {
        image_id: owner
        for image_id, owner in owners.items()
        if owner is not None
        and owner.entity_type == expected.entity_type
        and owner.gid != expected.gid
    }
    items = await _read_items(remotes, {owner.gid for owner in elsewhere.values()})
    return {
        image_id: _says(items[owner.gid], owner.gid, image_id, owner.suffix)
        for image_id, owner in elsewhere.items()
    }


async def read_holders(
    remotes: Remotes, expected: Expected, missing: Iterable[Image]
) -> dict[int, tuple[Holder, ...]]:
    """What the items of MBIDs that redirect here say about originals that are missing.

    Raises:
        ServicePaused: the Internet Archive has to be left alone.
    """
    images = tuple(missing)
    if not images:
        return {}
    items = await _read_items(remotes, expected.redirected_gids)
    return {
        image.id: tuple(
            Holder(gid, _says(item, gid, image.id, image.suffix)) for gid, item in items.items()
        )
        for image in images
    }


async def read_versions(
    remotes: Remotes, owners: Mapping[int, Owner], redirects: Mapping[str, Sequence[str]]
) -> dict[int, tuple[Holder, ...]]:
    """What the items of MBIDs that redirect to the owners of images say about those images.

    Raises:
        ServicePaused: the Internet Archive has to be left alone.
    """
    gids = {gid for owner in owners.values() for gid in redirects.get(owner.gid, ())}
    items = await _read_items(remotes, gids)
    return {
        image_id: tuple(
            Holder(gid, _says(items[gid], gid, image_id, owner.suffix))
            for gid in redirects.get(owner.gid, ())
        )
        for image_id, owner in owners.items()
    }


async def _read_items(remotes: Remotes, gids: Iterable[str]) -> dict[str, ItemState]:
    return {gid: await _read_item(remotes, gid) for gid in sorted(gids)}


async def _read_item(remotes: Remotes, gid: str) -> ItemState:
    try:
        return await read_record(remotes, gid)
    except ImproperAnswerError as improper:
        return Unreadable(str(improper))


def _says(item: ItemState, gid: str, image_id: int, suffix: str) -> OwnerItem:
    """What an item says about one image, under the name the image has there."""
    if isinstance(item, Missing):
        return Lacks()
    if not isinstance(item, Present):
        return item
    if item.tasks_pending or item.tasks_red:
        # What is listed may be what one of them is about to take away.
        return Unreadable(f"The item {names.item(gid)}: it has unfinished tasks.")
    file = item.files.get(names.image(gid, image_id, suffix))
    return Lacks() if file is None else Listed(file.md5, file.size)
