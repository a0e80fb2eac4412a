"""Items of merged and deleted entities (decision table rows 9 to 11)."""

from __future__ import annotations

from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.builders import RELEASE
from artwork_indexer.sandbox.drift.model import (
    ENTITY,
    Drift,
    Label,
    Plant,
    Planted,
    asked,
    deleted,
    healthy,
    mended,
    moved_on,
)
from artwork_indexer.sandbox.drift.stage import Site, Stage, Wish
from artwork_indexer.sandbox.drift.strays import lay, lay_unknown

TARGET: Final = "target"
OTHER: Final = "other"


def _shows_both(site: Site) -> bool:
    """More images change nothing in what its document says about front and back."""
    images = site.index["images"]
    return any(one["front"] for one in images) and any(one["back"] for one in images)


def exactly(images: int) -> Wish:
    """The item has so many images."""
    return lambda site: len(site.originals) == images


def strip(site: Site) -> None:
    """Take all images out of an item, and all that was made of them."""
    for image in site.originals:
        site.remove_image(image)


def emptied(stage: Stage, entity_type: str = RELEASE) -> Site:
    """An MBID that was deleted properly: an item with nothing but residue."""
    site = stage.stranger(entity_type)
    stage.make_item(site)
    site.put("history/files/index.json.~1~", b"{}")
    site.put(site.xml_name, b"<metadata/>")
    return site


async def merge(
    stage: Stage, *, is_copied: bool, is_indexed: bool, images: int = 1
) -> tuple[Site, Site]:
    """Two releases are merged; the old item, which has so many images, is left as it is.

    Gives the old one and the target.
    """
    old, target = stage.release(exactly(images)), stage.release(_shows_both)
    before = target.index
    await stage.edit("merge_releases", gid=old.gid, target=target.gid)
    await stage.renew(target)
    if not is_copied:
        for image in old.originals:
            target.remove_image(image)
    if not is_indexed:
        target.write(before)
    return old, target


def _merged(*, is_copied: bool, is_indexed: bool, images: int = 1) -> Plant:
    async def plant(stage: Stage) -> Planted:
        old, target = await merge(stage, is_copied=is_copied, is_indexed=is_indexed, images=images)
        return {ENTITY: old.subject(), TARGET: target.subject()}

    return plant


async def _merged_image_left(stage: Stage) -> Planted:
    """Copied and deindexed, but the last delete failed."""
    old, target = await merge(stage, is_copied=True, is_indexed=True)
    old.put("history/files/index.json.~1~", old.read(names.INDEX_JSON))
    old.remove(names.INDEX_JSON)
    return {ENTITY: old.subject(), TARGET: target.subject()}


async def _merged_index_left(stage: Stage) -> Planted:
    """Everything was moved, and only the deindexing was lost."""
    old, target = await merge(stage, is_copied=True, is_indexed=True)
    strip(old)
    return {ENTITY: old.subject(), TARGET: target.subject()}


async def _merged_other_bytes(stage: Stage) -> Planted:
    old, target = await merge(stage, is_copied=True, is_indexed=True)
    image, name = next(iter(old.originals.items()))
    old.put(name, b"\xff\xd8\xff another scan of %d" % image)
    return {ENTITY: old.subject(), TARGET: target.subject()}


async def _merged_with_unknown(stage: Stage) -> Planted:
    old, target = await merge(stage, is_copied=False, is_indexed=True)
    lay_unknown(old, stage.new_image())
    return {ENTITY: old.subject(), TARGET: target.subject()}


async def _deleted(stage: Stage) -> Planted:
    """A release was deleted and the indexer was never told."""
    site = stage.release()
    await stage.edit("delete_release", gid=site.gid)
    return {ENTITY: site.subject()}


async def _deleted_index_left(stage: Stage) -> Planted:
    site = stage.release()
    await stage.edit("delete_release", gid=site.gid)
    strip(site)
    return {ENTITY: site.subject()}


async def _event_index_left(stage: Stage) -> Planted:
    site = emptied(stage, "event")
    site.write({"event": f"https://musicbrainz.org/event/{site.gid}", "images": []})
    return {ENTITY: site.subject()}


async def _broken_index_left(stage: Stage) -> Planted:
    site = emptied(stage)
    site.put(names.INDEX_JSON, b'{"images": [')
    return {ENTITY: site.subject()}


async def _images_left(stage: Stage) -> Planted:
    """Deindexed; a delete failed."""
    site = emptied(stage)
    lay_unknown(site, stage.new_image())
    return {ENTITY: site.subject()}


async def _of_another(stage: Stage) -> Planted:
    """A deleted MBID's item holds an image of a release that is alive and has it."""
    site, owner = emptied(stage), stage.release()
    lay(site, owner)
    return {ENTITY: site.subject(), OTHER: owner.subject()}


async def _of_the_other_archive(stage: Stage) -> Planted:
    site, owner = emptied(stage), stage.event()
    lay(site, owner)
    return {ENTITY: site.subject(), OTHER: owner.subject()}


async def _derivatives_left(stage: Stage) -> Planted:
    """Until May 2021 a delete did not take along what had been made of the image."""
    site, image = emptied(stage), stage.new_image()
    for size in names.THUMBNAIL_SIZES:
        site.put(names.thumbnail(site.gid, image, size), b"\xff\xd8\xff small")
    return {ENTITY: site.subject()}


async def _files_left(stage: Stage) -> Planted:
    site = emptied(stage)
    site.put("upload.log", b"done\n")
    return {ENTITY: site.subject()}


async def _test_upload(stage: Stage) -> Planted:
    """Uploaded from a test server, which shares the names of items."""
    site = stage.stranger()
    stage.make_item(site)
    lay_unknown(site, stage.new_image())
    return {ENTITY: site.subject()}


async def _foreign(stage: Stage) -> Planted:
    """Somebody else made an item of this name."""
    site = stage.stranger()
    stage.make_item(site)
    site.item.metadata["uploader"] = "somebody@example.org"
    site.write({"images": []})
    return {ENTITY: site.subject()}


def _both(label: Label, target: Label | None = None) -> dict[str, Label]:
    return {ENTITY: label, TARGET: target or healthy()}


NOT_COPIED: Final = moved_on(
    "leftover-index", "stray-not-copied",
    by=("copy_image", "index"), more=("deindex", "delete_image"), end="legacy",
)  # fmt: skip
DELETED: Final = deleted(
    "leftover-index", "stray-copied", by=("deindex", "delete_image"), end="legacy"
)

DRIFTS: Final[tuple[Drift, ...]] = (
    Drift("merge-never-told", "two releases were merged, nothing was moved", ("4", "6", "9"),
          _both(NOT_COPIED, mended("image-missing", "original-elsewhere",
                                   by=("copy_image", "index"))),
          _merged(is_copied=False, is_indexed=False)),
    Drift("merge-not-copied", "merged and indexed, but nothing was copied", ("6", "9"),
          _both(NOT_COPIED, mended("original-elsewhere", by=("copy_image", "index"))),
          _merged(is_copied=False, is_indexed=True)),
    Drift("merge-not-indexed", "merged and copied, but nothing was indexed", ("4", "9"),
          _both(DELETED, mended("image-missing")),
          _merged(is_copied=True, is_indexed=False)),
    Drift("merge-not-deleted", "merged and copied, and nothing was removed", ("9",),
          _both(DELETED), _merged(is_copied=True, is_indexed=True)),
    Drift("merged-image-left", "an image was left after a merge", ("9",),
          _both(deleted("stray-copied", by=("delete_image",), end="legacy")),
          _merged_image_left),
    Drift("merged-index-left", "index.json was left after a merge", ("9",),
          _both(mended("leftover-index", by=("deindex",), end="legacy")), _merged_index_left),
    Drift("merged-other-bytes", "the image of a merged MBID has other bytes", ("9",),
          _both(asked("leftover-index", "stray-other-bytes")), _merged_other_bytes),
    Drift("merged-with-unknown", "one image to rescue, one that nobody knows", ("6", "9"),
          _both(asked("leftover-index", "stray-not-copied", "stray-unknown"),
                mended("original-elsewhere", by=("copy_image", "index"))),
          _merged_with_unknown),
    Drift("deleted-never-told", "a release was deleted, its item is as it was", ("9",),
          {ENTITY: asked("leftover-index", "stray-unknown")}, _deleted),
    Drift("deleted-index-left", "index.json of a deleted release lists what is gone", ("9",),
          {ENTITY: asked("leftover-index", "stray-listed-unknown")}, _deleted_index_left),
    Drift("event-index-left", "an empty index.json of a deleted event", ("9",),
          {ENTITY: mended("leftover-index", by=("deindex",), end="legacy")}, _event_index_left),
    Drift("broken-index-left", "a broken index.json of a deleted release", ("9",),
          {ENTITY: mended("leftover-index", by=("deindex",), end="legacy")}, _broken_index_left),
    Drift("images-left", "images of a deleted release", ("9",),
          {ENTITY: asked("stray-unknown")}, _images_left),
    Drift("left-image-of-another", "a deleted release holds a living one's image", ("9",),
          {ENTITY: deleted("stray-copied", by=("delete_image",), end="legacy"),
           OTHER: healthy()}, _of_another),
    Drift("left-poster", "a deleted release holds an event's poster", ("9",),
          {ENTITY: asked("stray-other-archive"), OTHER: healthy()}, _of_the_other_archive),
    Drift("derivatives-left", "thumbnails of a deleted release", ("10",),
          {ENTITY: asked("leftover-derivatives")}, _derivatives_left),
    Drift("files-left", "a log in the item of a deleted release", ("10",),
          {ENTITY: asked("leftover-files")}, _files_left),
    Drift("test-upload", "uploaded from a test server", ("10",),
          {ENTITY: asked("test-upload")}, _test_upload),
    Drift("left-to-somebody-else", "somebody else's item with an index.json", ("7", "9"),
          {ENTITY: asked("leftover-index", "foreign-uploader")}, _foreign),
)  # fmt: skip
