"""The dated causes of drift: what each change of the old indexers left behind.

When each change reached the main branch of metabrainz/CAA-indexer, and the three generations
of index.json that followed from them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.builders import SEVERAL, Pick, single
from artwork_indexer.sandbox.drift.index_images import as_text, http, small_and_large_only
from artwork_indexer.sandbox.drift.item_metadata import set_field
from artwork_indexer.sandbox.drift.left import TARGET, emptied, merge, strip
from artwork_indexer.sandbox.drift.model import (
    ENTITY,
    Course,
    Drift,
    Label,
    Planted,
    asked,
    deleted,
    healthy,
    legacy,
    mended,
    older_form,
    recorded,
)
from artwork_indexer.sandbox.drift.originals import PDF
from artwork_indexer.sandbox.drift.stage import Json, Site, Stage
from artwork_indexer.sandbox.drift.strays import first_original, lay_unknown

MOJIBAKE: Final = "Ã¶ffentliche AuffÃ¼hrung"
NOT_JPEG: Final = Pick(wishes=(lambda site: not first_original(site)[1].endswith(".jpg"),))
PDF_IN_FRONT: Final = Pick(
    images=2,
    wishes=(*PDF.wishes, lambda site: bool(site.index["images"][0]["front"])),
)
OLD_PERL: Final = mended(
    "image-id-text", "index-image-urls-http", "index-entity-url-http",
    "index-thumbnail-keys-absent", "index-other-bytes",
)  # fmt: skip
THUMBNAILS_FIRST: Final = Label(
    frozenset({"index-image-urls-http", "index-thumbnail-keys-absent", "index-other-bytes",
               "thumbnail-1200-missing"}),
    allowed=Course("repair_queue", "clean", ("derive",), more=("index",)),
    careful=Course("clean", "clean"),
)  # fmt: skip
"""The older form waits for an audit that finds nothing else: it has a budget of its own."""


def _write_compact(site: Site, change: Callable[[Json], None], *, is_sorted: bool) -> None:
    """index.json as the Perl generations wrote it: compact, in raw UTF-8."""
    document = site.index
    change(document)
    if not is_sorted:
        document = {key: document[key] for key in sorted(document, reverse=True)}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=is_sorted)
    site.put(names.INDEX_JSON, body.encode())


def _oldest(document: Json) -> None:
    http(document)
    small_and_large_only(document)
    document["release"] = document["release"].replace("https:", "http:")
    for entry in document["images"]:
        as_text(entry)


def _of_2013(site: Site) -> None:
    _write_compact(site, _oldest, is_sorted=False)


def _of_2017(site: Site) -> None:
    def change(document: Json) -> None:
        http(document)
        small_and_large_only(document)

    _write_compact(site, change, is_sorted=False)
    for image in site.originals:
        site.remove(names.thumbnail(site.gid, image, 1200))


def _of_2023(site: Site) -> None:
    _write_compact(site, http, is_sorted=True)


def _before_ids(site: Site) -> None:
    def change(document: Json) -> None:
        http(document)
        small_and_large_only(document)
        document["release"] = document["release"].replace("https:", "http:")
        for entry in document["images"]:
            del entry["id"]

    _write_compact(site, change, is_sorted=False)


def _early_names(site: Site) -> None:
    site.put("metadata.xml", b"<metadata/>")
    site.put(f"{site.item.identifier}-mb_metadata.xml", b"<metadata/>")
    site.put(f"{site.item.identifier}-front.jpg", b"\xff\xd8\xff")


def _always_jpg(site: Site) -> None:
    def change(document: Json) -> None:
        for entry in document["images"]:
            entry["image"] = entry["image"].rpartition(".")[0] + ".jpg"

    site.rewrite(change)


def _mojibake(site: Site) -> None:
    site.rewrite(lambda document: document["images"][0].update(comment=MOJIBAKE))


def _mojibake_type(site: Site) -> None:
    site.rewrite(lambda document: document["images"][0].update(types=["FrÃ¶nt"]))


def _pdf_does_not_count(site: Site) -> None:
    """Until April 2025 the image after a PDF was the front cover."""

    def change(document: Json) -> None:
        first, second = document["images"][:2]
        first["front"], second["front"] = False, True

    site.rewrite(change)


async def _kept_after_deletion(stage: Stage) -> Planted:
    """Before May 2012 nothing removed index.json when a release was deleted."""
    site = stage.stranger()
    stage.make_item(site)
    entity = f"http://musicbrainz.org/release/{site.gid}"
    site.put(names.INDEX_JSON, json.dumps({"release": entity, "images": []}).encode())
    return {ENTITY: site.subject()}


async def _emptied_before_https(stage: Stage) -> Planted:
    """The last image of a release was removed before January 2016, and that was indexed."""
    site = stage.without_art()
    stage.make_item(site)
    entity = f"http://musicbrainz.org/release/{site.gid}"
    site.put(names.INDEX_JSON, json.dumps({"images": [], "release": entity}).encode())
    return {ENTITY: site.subject()}


async def _no_history(stage: Stage) -> Planted:
    """Deindexed before October 2015: nothing tells that there was an index.json once."""
    site = stage.stranger()
    stage.make_item(site)
    lay_unknown(site, stage.new_image())
    return {ENTITY: site.subject()}


async def _no_cascade(stage: Stage) -> Planted:
    """The original was deleted, what had been made of it was not."""
    site = stage.release(images=2)
    image = site.index["images"][-1]["id"]
    original = site.originals[image]
    before = [name for name in site.of_image(image) if name != original]
    kept = {name: site.item.files[name].content for name in before}
    await stage.edit("remove_image", image=image)
    await stage.renew(site)
    for name, content in kept.items():
        site.put(name, content)
    return {ENTITY: site.subject()}


async def _indexed_before_moved(stage: Stage) -> Planted:
    """Until August 2022 an index could create the target's item, and nobody set its fields."""
    old, target = await merge(stage, is_copied=True, is_indexed=True)
    strip(old)
    old.put("history/files/index.json.~1~", old.read(names.INDEX_JSON))
    old.remove(names.INDEX_JSON)
    set_field(target, "noindex", None)
    set_field(target, "mediatype", "images")
    return {ENTITY: old.subject(), TARGET: target.subject()}


async def _emptied_but_image(stage: Stage) -> Planted:
    """Until March 2024 nobody looked whether the last delete of a merge had worked."""
    old, target = await merge(stage, is_copied=True, is_indexed=True, images=2)
    *moved, left = old.originals
    for image in moved:
        old.remove_image(image)
    assert left in old.originals
    old.put("history/files/index.json.~1~", old.read(names.INDEX_JSON))
    old.remove(names.INDEX_JSON)
    return {ENTITY: old.subject(), TARGET: target.subject()}


async def _emptied_event(stage: Stage) -> Planted:
    """An event's item left by a test server, with history of an index.json."""
    site = emptied(stage, "event")
    lay_unknown(site, stage.new_image())
    return {ENTITY: site.subject()}


DRIFTS: Final[tuple[Drift, ...]] = (
    single("before-2012-02-no-ids", "entries without ids", "4", _before_ids,
           mended("image-malformed", "index-image-urls-http", "index-entity-url-http",
                  "index-thumbnail-keys-absent", "index-other-bytes")),
    single("of-2012-03-early-names", "files under the names of the first weeks", "5",
           _early_names, recorded("early-file")),
    Drift("before-2012-05-index-kept", "index.json kept when a release was deleted", ("9",),
          {ENTITY: mended("leftover-index", by=("deindex",), end="legacy")},
          _kept_after_deletion),
    single("before-2013-07-always-jpg", ".jpg in the URLs of other formats", "4", _always_jpg,
           mended("image-url-wrong"), NOT_JPEG),
    Drift("before-2015-10-no-history", "deindexed when no history was kept", ("10",),
          {ENTITY: asked("test-upload")}, _no_history),
    single("generation-of-2013", "index.json of the oldest generation", "4", _of_2013, OLD_PERL),
    Drift("before-2016-01-emptied", "nothing is listed, under an http URL", ("4",),
          {ENTITY: older_form("index-entity-url-http")}, _emptied_before_https),
    single("late-2016-mojibake", "broken characters in a comment", "4", _mojibake,
           mended("image-comment-wrong")),
    single("late-2016-mojibake-type", "broken characters in a type", "4", _mojibake_type,
           mended("image-types-wrong")),
    single("generation-of-2017", "index.json and thumbnails of 2017", "4 8", _of_2017,
           THUMBNAILS_FIRST),
    Drift("before-2021-05-no-cascade", "thumbnails of a deleted image", ("5",),
          {ENTITY: recorded("stray-derivative")}, _no_cascade),
    Drift("before-2022-08-indexed-first", "an index made the target's item before the move",
          ("3", "11"),
          {ENTITY: legacy(), TARGET: mended("item-noindex-missing", "item-mediatype-wrong",
                                           by=("update_metadata",), end="manual_review")},
          _indexed_before_moved),
    Drift("before-2024-03-delete-failed", "one image left after a merge", ("9",),
          {ENTITY: deleted("stray-copied", by=("delete_image",), end="legacy"),
           TARGET: healthy()}, _emptied_but_image),
    single("generation-of-2023", "index.json of the last Perl generation", "4", _of_2023,
           older_form("index-image-urls-http", "index-other-bytes"), SEVERAL),
    single("before-2025-04-pdf", "the image after a PDF is said to be the front", "4",
           _pdf_does_not_count, mended("image-front-wrong"), PDF_IN_FRONT),
    Drift("event-images-left", "a poster nobody knows in the item of a deleted event", ("9",),
          {ENTITY: asked("stray-unknown")}, _emptied_event),
)  # fmt: skip
