"""Drift of what index.json says about images (decision table row 4)."""

from __future__ import annotations

from typing import Final

from artwork_indexer.sandbox.drift.builders import (
    EVENT,
    SEVERAL,
    SOME_EVENT,
    Edit,
    Pick,
    edited,
    image,
    index,
    single,
)
from artwork_indexer.sandbox.drift.model import ENTITY, Drift, Planted, mended, older_form
from artwork_indexer.sandbox.drift.stage import Json, Site, Stage

TWO: Final = Pick(images=2)
THUMBNAIL_KEYS: Final = ("1200", "250", "500")


def _flag(site: Site, key: str) -> bool:
    return any(image[key] for image in site.index["images"])


WITH_BACK: Final = Pick(wishes=(lambda site: _flag(site, "back"),))
WITH_FRONT: Final = Pick(wishes=(lambda site: _flag(site, "front"),))
WITH_POSTER: Final = Pick(EVENT, (lambda site: _flag(site, "front"),))
UNDECIDED: Final = Pick(wishes=(lambda site: not site.index["images"][0]["approved"],))


def without_id(entry: Json) -> None:
    """As entries were before February 2012."""
    del entry["id"]


def as_text(entry: Json) -> None:
    """As entries were until about 2016."""
    entry["id"] = str(entry["id"])


def http(document: Json) -> None:
    """As image URLs were until March 2024."""
    for entry in document["images"]:
        entry["image"] = entry["image"].replace("https:", "http:")
        for key, url in entry["thumbnails"].items():
            entry["thumbnails"][key] = url.replace("https:", "http:")


def small_and_large_only(document: Json) -> None:
    """As thumbnails were listed until February 2018."""
    for entry in document["images"]:
        for key in THUMBNAIL_KEYS:
            del entry["thumbnails"][key]


def _flip(key: str, site: Site) -> None:
    def change(document: Json) -> None:
        entry = next(entry for entry in document["images"] if entry[key])
        entry[key] = False

    site.rewrite(change)


def _elsewhere(entry: Json) -> None:
    entry["image"] = "https://coverartarchive.org/image-is-gone.jpg"


def _small_elsewhere(entry: Json) -> None:
    entry["thumbnails"]["small"] = entry["thumbnails"]["large"]


async def _add(stage: Stage) -> Planted:
    """Uploaded and entered, and the indexer was never told."""
    site = stage.release()
    before = site.read("index.json")
    await stage.edit("add_image", gid=site.gid, image=stage.new_image())
    await stage.renew(site)
    site.put("index.json", before)
    return {ENTITY: site.subject()}


DRIFTS: Final[tuple[Drift, ...]] = (
    index("image-entry-null", "an entry of the list is null",
          lambda document: document["images"].append(None), mended("image-malformed")),
    image("image-without-id", "an image has no id", without_id, mended("image-malformed")),
    image("image-without-comment", "an image has no comment at all",
          lambda entry: entry.pop("comment"), mended("image-missing-key")),
    image("image-without-small", "an image has no thumbnail small",
          lambda entry: entry["thumbnails"].pop("small"), mended("image-missing-key")),
    image("event-image-without-types", "a poster has no types at all",
          lambda entry: entry.pop("types"), mended("image-missing-key"), SOME_EVENT),
    image("image-id-text", "the id is text", as_text, mended("image-id-text")),
    image("image-id-null", "the id is null", lambda entry: entry.update(id=None),
          mended("image-id-wrong-type")),
    image("image-id-fraction", "the id is a fraction",
          lambda entry: entry.update(id=entry["id"] + 0.5), mended("image-id-wrong-type")),
    index("image-not-listed", "an image is not listed",
          lambda document: document["images"].pop(), mended("image-missing"), TWO),
    Drift("image-added", "an image was added and never indexed", ("4",),
          {ENTITY: mended("image-missing")}, _add),
    index("image-twice", "an image is listed twice",
          lambda document: document["images"].append(document["images"][0]),
          mended("image-duplicate")),
    index("images-reversed", "the images are in the opposite order",
          lambda document: document["images"].reverse(), mended("image-order-wrong"), SEVERAL),
    image("image-comment-null", "the comment is null", lambda entry: entry.update(comment=None),
          mended("image-wrong-type")),
    image("image-edit-text", "the edit is text",
          lambda entry: entry.update(edit=str(entry["edit"])), mended("image-wrong-type")),
    image("image-types-text", "the types are one text", lambda entry: entry.update(types="Front"),
          mended("image-wrong-type")),
    image("image-types-of-numbers", "a type is a number", lambda entry: entry["types"].append(1),
          mended("image-wrong-type")),
    image("image-without-thumbnails", "the thumbnails are null",
          lambda entry: entry.update(thumbnails=None), mended("image-wrong-type")),
    edited("image-edit-closed", "the edit of an image was closed", "4", Edit("close_edits"),
           mended("image-approved-wrong"), UNDECIDED),
    single("back-not-said", "the back cover is not said to be one", "4",
           lambda site: _flip("back", site), mended("image-back-wrong"), WITH_BACK),
    single("front-not-said", "the front cover is not said to be one", "4",
           lambda site: _flip("front", site), mended("image-front-wrong"), WITH_FRONT),
    single("event-poster-not-said", "the poster is not said to be the front", "4",
           lambda site: _flip("front", site), mended("image-front-wrong"), WITH_POSTER),
    edited("image-comment-edited", "the comment of an image was edited", "4",
           Edit("comment_image", {"number": 20}), mended("image-comment-wrong")),
    image("event-image-comment", "another comment on a poster",
          lambda entry: entry.update(comment="not what MusicBrainz says"),
          mended("image-comment-wrong"), SOME_EVENT),
    image("image-edit-other", "another edit", lambda entry: entry.update(edit=entry["edit"] + 1),
          mended("image-edit-wrong")),
    edited("image-type-added", "an image got one more type", "4", Edit("add_type"),
           mended("image-types-wrong")),
    image("image-elsewhere", "the URL leads elsewhere", _elsewhere, mended("image-url-wrong")),
    image("thumbnail-elsewhere", "the URL of a thumbnail leads elsewhere", _small_elsewhere,
          mended("thumbnail-url-wrong")),
    index("image-urls-http", "http URLs of images and thumbnails", http,
          older_form("index-image-urls-http")),
    index("event-image-urls-http", "http URLs of posters", http,
          older_form("index-image-urls-http"), SOME_EVENT),
    index("thumbnail-keys-absent", "thumbnails only as small and large", small_and_large_only,
          older_form("index-thumbnail-keys-absent")),
    image("image-unknown-key", "an image has a key that we do not write",
          lambda entry: entry.update(width=600), older_form("image-unknown-key")),
    image("thumbnail-unknown-key", "a thumbnail of a size that we do not list",
          lambda entry: entry["thumbnails"].update({"2400": entry["image"]}),
          older_form("image-unknown-key")),
)  # fmt: skip
