"""Originals, thumbnails and other files of entities in MusicBrainz (rows 6, 7, 7b and 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.builders import SOME_EVENT, Pick, single
from artwork_indexer.sandbox.drift.model import (
    ENTITY,
    Drift,
    Past,
    Planted,
    asked,
    mended,
    moved_on,
    recorded,
    underived,
)
from artwork_indexer.sandbox.drift.stage import Site, Stage
from artwork_indexer.sandbox.drift.strays import OTHER_SUFFIX, first_original, lay
from audit.states import MD5_PREFIX, Evidence

HOLDER: Final = "merged"
SECOND_HOLDER: Final = "second merged"
PDF: Final = Pick(wishes=(lambda site: first_original(site)[1].endswith(".pdf"),))
JPEG: Final = Pick(wishes=(lambda site: first_original(site)[1].endswith(".jpg"),))


def lose_original(site: Site) -> None:
    """The first original is not there any more; what was made of it is."""
    site.remove(site.originals[site.first])


def lose_thumbnail(size: int) -> Callable[[Site], None]:
    """The first image lacks a thumbnail."""
    return lambda site: site.remove(names.thumbnail(site.gid, site.first, size))


def _lose_all_thumbnails(site: Site) -> None:
    image, original = first_original(site)
    site.remove(*(name for name in site.of_image(image) if name != original))


def _rename_original(site: Site) -> None:
    image, name = first_original(site)
    suffix = OTHER_SUFFIX[name.rpartition(".")[2]]
    site.put(names.image(site.gid, image, suffix), site.item.files[name].content)
    site.remove(name)


def _second_original(site: Site) -> None:
    lay(site, site, suffix=OTHER_SUFFIX[first_original(site)[1].rpartition(".")[2]])


def _seize(site: Site) -> None:
    site.item.metadata["uploader"] = "somebody@example.org"
    site.item.touch()


def _darken(site: Site) -> None:
    site.item.dark = True
    site.item.touch()


def _replace(site: Site) -> Past:
    """The last clean audit saw other bytes."""
    image, name = first_original(site)
    before = site.item.files[name].content.md5[:MD5_PREFIX]
    site.put(name, b"\xff\xd8\xff bit rot")
    return Past(Evidence(originals={image: before}))


def _leave_derivatives(site: Site) -> None:
    """Thumbnails of an image that was deleted without what was made of it."""
    image = site.first
    for size in names.THUMBNAIL_SIZES:
        thumbnail = site.item.files[names.thumbnail(site.gid, image, size)].content
        site.put(names.thumbnail(site.gid, image - 1, size), thumbnail)


async def redirect(stage: Stage, site: Site) -> Site:
    """An MBID that was merged into an entity long ago, with an item that is indexed no more."""
    merged = stage.stranger(site.entity_type)
    await stage.edit(f"redirect_{site.entity_type}", gid=merged.gid, target=site.gid)
    stage.make_item(merged)
    merged.put("history/files/index.json.~1~", b"{}")
    return merged


async def _item_missing(stage: Stage) -> Planted:
    site = stage.release()
    del stage.archive.items[site.item.identifier]
    return {ENTITY: site.subject()}


async def _original_elsewhere(stage: Stage) -> Planted:
    site = stage.release()
    merged = await redirect(stage, site)
    lay(merged, site)
    site.remove_image(site.first)
    return {ENTITY: site.subject(), HOLDER: merged.subject()}


async def _original_ambiguous(stage: Stage) -> Planted:
    site = stage.release()
    first, second = await redirect(stage, site), await redirect(stage, site)
    lay(first, site)
    lay(second, site, body=b"\xff\xd8\xff another scan")
    site.remove_image(site.first)
    return {
        ENTITY: site.subject(),
        HOLDER: first.subject(),
        SECOND_HOLDER: second.subject(),
    }


async def _item_elsewhere(stage: Stage) -> Planted:
    """An item never came to be, and all that should be in it is still where it was."""
    site = stage.release(lambda one: len(one.originals) == 2)
    merged = await redirect(stage, site)
    move_originals(site, merged)
    del stage.archive.items[site.item.identifier]
    return {ENTITY: site.subject(), HOLDER: merged.subject()}


async def _item_partly_elsewhere(stage: Stage) -> Planted:
    site = stage.release(images=2)
    merged = await redirect(stage, site)
    lay(merged, site)
    del stage.archive.items[site.item.identifier]
    return {ENTITY: site.subject(), HOLDER: merged.subject()}


def move_originals(site: Site, merged: Site) -> None:
    """Put copies of all originals into another item, under their names there."""
    for image, name in site.originals.items():
        suffix = name.rpartition(".")[2]
        merged.put(names.image(merged.gid, image, suffix), site.item.files[name].content)


RESCUE: Final = moved_on(
    "stray-not-copied", by=("copy_image", "index"), more=("delete_image",), end="legacy"
)

DRIFTS: Final[tuple[Drift, ...]] = (
    Drift("item-missing", "there is no item", ("6",), {ENTITY: asked("item-missing")},
          _item_missing),
    single("original-missing", "an original is missing", "6", lose_original,
           asked("original-missing")),
    single("event-original-missing", "the original of a poster is missing", "6", lose_original,
           asked("original-missing"), SOME_EVENT),
    single("original-other-suffix", "the original has another suffix than in MusicBrainz", "6",
           _rename_original, asked("original-missing")),
    Drift("original-elsewhere", "an original is still in the item of a merged MBID", ("6", "9"),
          {ENTITY: mended("original-elsewhere", by=("copy_image", "index")), HOLDER: RESCUE},
          _original_elsewhere),
    Drift("original-ambiguous", "two merged MBIDs hold an original with different bytes",
          ("6", "9"),
          {ENTITY: asked("original-ambiguous"),
           HOLDER: asked("stray-other-bytes"), SECOND_HOLDER: asked("stray-other-bytes")},
          _original_ambiguous),
    Drift("item-elsewhere", "there is no item, and a merged MBID holds all originals",
          ("6", "9"),
          {ENTITY: mended("original-elsewhere", by=("copy_image", "copy_image", "index")),
           HOLDER: moved_on("stray-not-copied", by=("copy_image", "copy_image", "index"),
                            more=("delete_image",), end="legacy")}, _item_elsewhere),
    Drift("item-partly-elsewhere", "there is no item, and a merged MBID holds one original",
          ("6", "9"),
          {ENTITY: asked("item-missing", "original-elsewhere"), HOLDER: RESCUE},
          _item_partly_elsewhere),
    single("two-originals", "two originals with one id", "7", _second_original,
           asked("two-originals")),
    single("foreign-uploader", "the item belongs to somebody else", "7", _seize,
           asked("foreign-uploader")),
    single("item-dark", "the item is dark while MusicBrainz shows art", "7", _darken,
           asked("item-dark")),
    single("original-replaced", "an original has other bytes than before", "7b", _replace,
           asked("original-replaced"), JPEG),
    *(
        single(f"thumbnail-{size}-missing", f"no thumbnail of {size} pixels", "8",
               lose_thumbnail(size), underived(f"thumbnail-{size}-missing"))
        for size in names.THUMBNAIL_SIZES
    ),
    single("thumbnails-of-pdf-missing", "nothing was made of a PDF", "8", _lose_all_thumbnails,
           underived(*(f"thumbnail-{size}-missing" for size in names.THUMBNAIL_SIZES)), PDF),
    single("unknown-file", "a file that matches no rule", "5",
           lambda site: _put(site, "notes.txt"), recorded("unknown-file")),
    single("unknown-file-of-ours", "a file whose name only begins like ours", "5",
           lambda site: _put(site, f"{site.item.identifier}-cover.jpg"), recorded("unknown-file")),
    single("stray-derivative", "thumbnails of an image that was deleted", "5",
           _leave_derivatives, recorded("stray-derivative")),
)  # fmt: skip


def _put(site: Site, name: str) -> None:
    site.put(name, b"whatever")
