"""Several drifts on one entity: each is found, and one may keep the other from its repair.

Every two of the ingredients that can stand together, and some pairs that concern two entities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.builders import element
from artwork_indexer.sandbox.drift.index_images import http
from artwork_indexer.sandbox.drift.item_metadata import set_field
from artwork_indexer.sandbox.drift.left import TARGET, merge
from artwork_indexer.sandbox.drift.model import (
    ENTITY,
    Course,
    Drift,
    Label,
    Planted,
    asked,
    healthy,
    mended,
    moved_on,
)
from artwork_indexer.sandbox.drift.originals import lose_original, lose_thumbnail
from artwork_indexer.sandbox.drift.stage import Site, Stage
from artwork_indexer.sandbox.drift.strays import OWNER, lay, lay_unknown
from artwork_indexer.sandbox.drift.waiting import wrong_comment

FORMAT: Final = "format"
ASK: Final = "ask"
NOTHING: Final = ""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One drift, what sees it, and what mends it: an action, or one of the words above."""

    name: str
    row: str
    finding: str
    mended_by: str
    change: Callable[[Stage, Site], object]
    not_with: tuple[str, ...] = ()


def _http(_stage: Stage, site: Site) -> None:
    site.rewrite(http)


def _comment(_stage: Stage, site: Site) -> None:
    wrong_comment(site)


def _no_index(_stage: Stage, site: Site) -> None:
    site.remove(names.INDEX_JSON)


def _title(_stage: Stage, site: Site) -> None:
    site.rewrite_xml(lambda root: setattr(element(root, "release", "title"), "text", "Old Title"))


def _no_xml(_stage: Stage, site: Site) -> None:
    site.remove(site.xml_name)


def _no_noindex(_stage: Stage, site: Site) -> None:
    set_field(site, "noindex", None)


def _no_thumbnail(_stage: Stage, site: Site) -> None:
    lose_thumbnail(500)(site)


def _unknown(stage: Stage, site: Site) -> None:
    lay_unknown(site, stage.new_image())


def _no_original(_stage: Stage, site: Site) -> None:
    lose_original(site)


def _foreign(_stage: Stage, site: Site) -> None:
    set_field(site, "uploader", "somebody@example.org")


def _unknown_file(_stage: Stage, site: Site) -> None:
    site.put("notes.txt", b"whatever")


INGREDIENTS: Final = (
    Ingredient("http", "4", "index-image-urls-http", FORMAT, _http, ("no-index",)),
    Ingredient("comment", "4", "image-comment-wrong", "index", _comment, ("no-index",)),
    Ingredient("title", "2", "xml-title", "index", _title, ("no-xml",)),
    Ingredient("no-thumbnail", "8", "thumbnail-500-missing", "derive", _no_thumbnail,
               ("no-original",)),
    Ingredient("no-noindex", "3", "item-noindex-missing", "update_metadata", _no_noindex),
    Ingredient("unknown", "5", "stray-unknown", ASK, _unknown),
    Ingredient("foreign", "7", "foreign-uploader", ASK, _foreign),
    Ingredient("unknown-file", "5", "unknown-file", NOTHING, _unknown_file),
    # What takes something away comes last: the others need it to be there.
    Ingredient("no-original", "6", "original-missing", ASK, _no_original),
    Ingredient("no-xml", "1", "xml-missing", "index", _no_xml),
    Ingredient("no-index", "1", "index-missing", "index", _no_index),
)  # fmt: skip


def label_of(ingredients: tuple[Ingredient, ...]) -> Label:
    """What is right for an entity with all of these.

    A person is asked before anything else. An older form is mended along with what needs an
    index anyway; otherwise it waits until nothing else is wrong, and for its own budget.
    """
    findings = frozenset(one.finding for one in ingredients)
    by = {one.mended_by for one in ingredients}
    if ASK in by:
        return asked(*findings)
    return Label(
        findings, allowed=_course(by, is_allowed=True), careful=_course(by, is_allowed=False)
    )


def _course(by: set[str], *, is_allowed: bool) -> Course:
    actions = by - {FORMAT, NOTHING} if is_allowed else by - {FORMAT, NOTHING, "derive"}
    has_late_index = is_allowed and FORMAT in by and "index" not in actions
    if has_late_index and not actions:
        return Course("repair_queue", "clean", ("index",))
    if not actions:
        return Course("clean", "clean")
    more = ("index",) if has_late_index else ()
    return Course("repair_queue", "clean", tuple(sorted(actions)), more)


def _pair(one: Ingredient, other: Ingredient) -> Drift:
    async def plant(stage: Stage) -> Planted:
        site = stage.release()
        for ingredient in (one, other):
            ingredient.change(stage, site)
        return {ENTITY: site.subject()}

    return Drift(
        f"{one.name}-and-{other.name}",
        f"{one.name.replace('-', ' ')} and {other.name.replace('-', ' ')}",
        tuple(sorted({one.row, other.row})),
        {ENTITY: label_of((one, other))},
        plant,
    )


async def _stray_and_comment(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    lay(site, owner)
    wrong_comment(site)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _rescue_and_comment(stage: Stage) -> Planted:
    site, owner = stage.release(), stage.release()
    lay(site, owner)
    owner.remove_image(owner.first)
    wrong_comment(site)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _rescue_to_unlisted(stage: Stage) -> Planted:
    """The owner's item is not marked noindex, and its index.json is gone too."""
    site, owner = stage.release(), stage.release()
    lay(site, owner)
    owner.remove_image(owner.first)
    set_field(owner, "noindex", None)
    owner.remove(names.INDEX_JSON)
    return {ENTITY: site.subject(), OWNER: owner.subject()}


async def _half_copied(stage: Stage) -> Planted:
    """Of two images one was copied before a merge got stuck."""
    old, target = await merge(stage, is_copied=True, is_indexed=True, images=2)
    target.remove_image(next(iter(old.originals)))
    return {ENTITY: old.subject(), TARGET: target.subject()}


PAIRS_OF_TWO: Final = (
    Drift("stray-and-comment", "a copied image of another release, and a comment", ("4", "5"),
          {ENTITY: Label(
              frozenset({"stray-copied", "image-comment-wrong"}),
              allowed=Course("repair_queue", "clean", ("index",), ("delete_image",)),
              careful=Course("manual_review", "manual_review")),
           OWNER: healthy()}, _stray_and_comment),
    Drift("rescue-and-comment", "an image to rescue, and a comment", ("4", "5", "6"),
          {ENTITY: moved_on("stray-not-copied", "image-comment-wrong",
                            by=("copy_image", "index", "index"), more=("delete_image",)),
           OWNER: asked("original-missing", end="clean")}, _rescue_and_comment),
    Drift("rescue-to-unlisted", "an image to rescue to an item with faults of its own",
          ("1", "3", "5", "6"),
          {ENTITY: moved_on("stray-not-copied", by=("copy_image", "index"),
                            more=("delete_image",)),
           OWNER: asked("original-missing", "index-missing", "item-noindex-missing",
                        end="clean", more=("update_metadata",))}, _rescue_to_unlisted),
    Drift("merge-half-copied", "of two merged images one was copied", ("6", "9"),
          {ENTITY: Label(
              frozenset({"leftover-index", "stray-copied", "stray-not-copied"}),
              allowed=Course("repair_queue", "legacy", ("copy_image", "index"),
                             ("deindex", "delete_image")),
              careful=Course("manual_review", "manual_review")),
           TARGET: mended("original-elsewhere", by=("copy_image", "index"))}, _half_copied),
)  # fmt: skip

DRIFTS: Final[tuple[Drift, ...]] = (
    *(
        _pair(one, other)
        for one, other in combinations(INGREDIENTS, 2)
        if one.name not in other.not_with and other.name not in one.not_with
    ),
    *PAIRS_OF_TWO,
)
