"""Makes drifts that concern one entity out of what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.model import ENTITY, Drift, Label, Past, Planted
from artwork_indexer.sandbox.drift.stage import Json, Site, Stage, Wish

RELEASE: Final = "release"
EVENT: Final = "event"


@dataclass(frozen=True, slots=True)
class Pick:
    """Which entity a drift takes."""

    entity_type: str = RELEASE
    wishes: tuple[Wish, ...] = ()
    images: int = 1

    def site(self, stage: Stage) -> Site:
        """One that fits and was not touched yet."""
        return stage.site(self.entity_type, *self.wishes, images=self.images)


ANY: Final = Pick()
SOME_EVENT: Final = Pick(EVENT)
SEVERAL: Final = Pick(images=3)


def single(
    name: str,
    title: str,
    row: str,
    change: Callable[[Site], Past | None],
    label: Label,
    pick: Pick = ANY,
) -> Drift:
    """Something is done to the item of one entity with art."""

    async def plant(stage: Stage) -> Planted:
        site = pick.site(stage)
        past = change(site)
        return {ENTITY: site.subject(past)}

    return Drift(name, title, tuple(row.split()), {ENTITY: label}, plant)


def index(
    name: str, title: str, change: Callable[[Json], object], label: Label, pick: Pick = ANY
) -> Drift:
    """index.json says something else, in today's form."""

    def spoil(site: Site) -> None:
        site.rewrite(change)

    return single(name, title, "4", spoil, label, pick)


def image(
    name: str, title: str, change: Callable[[Json], object], label: Label, pick: Pick = ANY
) -> Drift:
    """index.json says something else about its first image."""
    return index(name, title, lambda document: change(document["images"][0]), label, pick)


def index_bytes(
    name: str, title: str, change: Callable[[bytes], bytes], label: Label, pick: Pick = ANY
) -> Drift:
    """index.json has other bytes."""

    def spoil(site: Site) -> None:
        site.put(names.INDEX_JSON, change(site.read(names.INDEX_JSON)))

    return single(name, title, "4", spoil, label, pick)


def xml(
    name: str,
    title: str,
    change: Callable[[etree._Element], object],
    label: Label,
    pick: Pick = ANY,
) -> Drift:
    """The document of the web service says something else."""

    def spoil(site: Site) -> None:
        site.rewrite_xml(change)

    return single(name, title, "2", spoil, label, pick)


def xml_bytes(name: str, title: str, change: Callable[[bytes], bytes], label: Label) -> Drift:
    """The document of the web service has other bytes."""

    def spoil(site: Site) -> None:
        site.put(site.xml_name, change(site.read(site.xml_name)))

    return single(name, title, "2", spoil, label)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of MusicBrainz; ``parameters`` besides the ``gid``."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)


def edited(name: str, title: str, row: str, edit: Edit, label: Label, pick: Pick = ANY) -> Drift:
    """MusicBrainz was changed and the indexer was never told."""

    async def plant(stage: Stage) -> Planted:
        site = pick.site(stage)
        await stage.edit(edit.name, gid=site.gid, **edit.parameters)
        return {ENTITY: site.subject()}

    return Drift(name, title, tuple(row.split()), {ENTITY: label}, plant)


def element(root: etree._Element, *path: str) -> etree._Element:
    """The first element at a path of local names below the root."""
    found = root.find("/".join("{*}" + name for name in path))
    assert found is not None, f"the document has no {'/'.join(path)}"
    return found


def has(*path: str) -> Wish:
    """The entity's document has this element."""
    return lambda site: site.xml.find("/".join("{*}" + name for name in path)) is not None
