"""Images where they should not be, in items of entities in MusicBrainz (row 5)."""

from __future__ import annotations

from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.model import (
    ENTITY,
    Acknowledged,
    Drift,
    Label,
    Past,
    Planted,
    asked,
    deleted,
    healthy,
    mended,
    moved_on,
)
from artwork_indexer.sandbox.drift.stage import Json, Site, Stage
from artwork_indexer.sandbox.internet_archive import Content
from audit.catalogue_strays import STRAY_UNKNOWN
from audit.findings import Finding
from audit.states import Evidence

OWNER: Final = "owner"
OTHER_SUFFIX: Final = {"jpg": "png", "png": "gif", "gif": "pdf", "pdf": "jpg"}


def first_original(site: Site) -> tuple[int, str]:
    """The first image of an item and the name of its file."""
    return site.first, site.originals[site.first]


def lay(site: Site, owner: Site, *, body: bytes | None = None, suffix: str = "") -> int:
    """Put the owner's first image into another item; returns its id."""
    image, name = first_original(owner)
    suffix = suffix or name.rpartition(".")[2]
    content = owner.item.files[name].content if body is None else Content.of(body)
    site.put(names.image(site.gid, image, suffix), content)
    return image


def list_image(site: Site, owner: Site) -> None:
    """Let index.json list the owner's first image too."""
    entry = owner.index["images"][0]
    moved = {**entry, "image": entry["image"].replace(owner.gid, site.gid)}
    site.rewrite(lambda document: document["images"].append(moved))


def lay_unknown(site: Site, image: int) -> Content:
    """Put an image that nobody has into an item."""
    content = Content.of(b"\xff\xd8\xff an image that nobody knows, %d" % image)
    site.put(names.image(site.gid, image, "jpg"), content)
    return content


async def _listed(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    list_image(site, owner)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _listed_and_copied(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    list_image(site, owner)
    lay(site, owner)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _copied(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    lay(site, owner)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _event_copied(stage: Stage) -> Planted:
    site, owner = stage.event(), stage.event()
    lay(site, owner)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _not_copied(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    lay(site, owner)
    owner.remove_image(owner.first)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _other_bytes(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    lay(site, owner, body=owner.read(first_original(owner)[1])[::-1])
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _other_suffix(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    _, name = first_original(owner)
    lay(site, owner, suffix=OTHER_SUFFIX[name.rpartition(".")[2]])
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _twice(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    _, name = first_original(owner)
    lay(site, owner)
    lay(site, owner, suffix=OTHER_SUFFIX[name.rpartition(".")[2]])
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _owner_dark(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    lay(site, owner)
    owner.item.dark = True
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _owner_darkened(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.darkened()
    lay(site, owner)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _of_event(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.event()
    lay(site, owner)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _unknown(stage: Stage) -> Planted:
    site = stage.release()
    lay_unknown(site, stage.new_image())
    return {ENTITY: site.subject()}


async def _unknown_listed(stage: Stage) -> Planted:
    """A row that somebody removed by hand: file and entry are still there."""
    site, image = stage.release(), stage.new_image()
    lay_unknown(site, image)
    site.rewrite(lambda document: document["images"].append(_entry(site, image)))
    return {ENTITY: site.subject()}


async def _listed_unknown(stage: Stage) -> Planted:
    """Removed from MusicBrainz and from the item, and not indexed since."""
    site = stage.release(images=2)
    image = site.index["images"][-1]["id"]
    await stage.edit("remove_image", image=image)
    document = site.index
    await stage.renew(site)
    site.write(document)
    return {ENTITY: site.subject()}


async def _no_art_listed_unknown(stage: Stage) -> Planted:
    """The only image was removed, its file too, and nothing was indexed since."""
    site = stage.release(lambda one: len(one.index["images"]) == 1)
    image = site.first
    await stage.edit("remove_image", image=image)
    site.remove_image(image)
    return {ENTITY: site.subject()}


async def _known_to_a_person(stage: Stage) -> Planted:
    """What a person has decided to leave blocks no repair."""
    site, image = stage.release(), stage.new_image()
    content = lay_unknown(site, image)
    site.rewrite(lambda document: document["images"][0].update(comment="an old comment"))
    evidence = {"suffix": "jpg", "md5": content.md5, "size": content.size}
    seen = Finding(STRAY_UNKNOWN, f"image {image}", "", evidence)
    known = Acknowledged(seen.kind.id, seen.subject, seen.digest)
    return {ENTITY: site.subject(Past(Evidence(), acknowledged=(known,)))}


def _entry(site: Site, image: int) -> Json:
    url = f"https://{site.project.domain}/{site.entity_type}/{site.gid}/{image}"
    entry: Json = site.index["images"][0]
    sizes = {"250": "250", "500": "500", "1200": "1200", "small": "250", "large": "500"}
    thumbnails = {key: f"{url}-{size}.jpg" for key, size in sizes.items()}
    return {**entry, "id": image, "image": f"{url}.jpg", "thumbnails": thumbnails}


def _pair(label: Label, owner: Label | None = None) -> dict[str, Label]:
    return {ENTITY: label, OWNER: owner or healthy()}


RESCUED: Final = _pair(
    moved_on("stray-not-copied", by=("copy_image", "index"), more=("delete_image",)),
    asked("original-missing", end="clean"),
)
"""The owner's review ends by itself when the copy has arrived."""

DRIFTS: Final[tuple[Drift, ...]] = (
    Drift("stray-listed", "lists another release's image", ("5",),
          _pair(mended("stray-listed")), _listed),
    Drift("stray-listed-and-copied", "lists and holds another release's image", ("5",),
          _pair(deleted("stray-listed", "stray-copied", by=("delete_image", "index"))),
          _listed_and_copied),
    Drift("stray-copied", "holds another release's image, which has it too", ("5",),
          _pair(deleted("stray-copied", by=("delete_image",))), _copied),
    Drift("event-stray-copied", "holds another event's poster, which has it too", ("5",),
          _pair(deleted("stray-copied", by=("delete_image",))), _event_copied),
    Drift("stray-not-copied", "holds another release's image, which lacks it", ("5", "6"),
          RESCUED, _not_copied),
    Drift("stray-other-bytes", "another release's image with other bytes", ("5",),
          _pair(asked("stray-other-bytes")), _other_bytes),
    Drift("stray-other-suffix", "another release's image with another suffix", ("5",),
          _pair(asked("stray-other-bytes")), _other_suffix),
    Drift("stray-twice", "another release's image with two suffixes", ("5", "7"),
          _pair(asked("two-originals")), _twice),
    Drift("stray-owner-dark", "another release's image, whose item is dark", ("5", "7"),
          _pair(asked("stray-owner-dark"), asked("item-dark")), _owner_dark),
    Drift("stray-owner-darkened", "an image of a darkened release", ("5", "12"),
          _pair(asked("stray-owner-dark"), healthy("darkened")), _owner_darkened),
    Drift("stray-other-archive", "a poster in the item of a release", ("5",),
          _pair(asked("stray-other-archive")), _of_event),
    Drift("stray-unknown", "an image that nobody knows", ("5",),
          {ENTITY: asked("stray-unknown")}, _unknown),
    Drift("stray-unknown-listed", "a listed image that nobody knows", ("5",),
          {ENTITY: asked("stray-unknown")}, _unknown_listed),
    Drift("stray-listed-unknown", "lists an image that was removed", ("5",),
          {ENTITY: asked("stray-listed-unknown")}, _listed_unknown),
    Drift("last-image-removed", "lists the last image, which was removed", ("2", "5"),
          {ENTITY: asked("stray-listed-unknown", "xml-artwork")}, _no_art_listed_unknown),
    Drift("stray-known-to-a-person", "an unknown image that a person leaves, and a comment",
          ("4", "5"), {ENTITY: mended("stray-unknown", "image-comment-wrong")},
          _known_to_a_person),
)  # fmt: skip
