"""The world in which drift is planted: each drift takes entities that no other has touched."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from lxml import etree

from artwork_indexer import projects
from artwork_indexer.archive import names
from artwork_indexer.sandbox.drift.model import Past, Subject
from artwork_indexer.sandbox.internet_archive import Archive, Content, Item, StoredFile
from artwork_indexer.sandbox.internet_archive.populate import populate
from artwork_indexer.sandbox.webservice import WebService
from artwork_indexer.sandbox.webservice_documents import NAMESPACE
from artwork_indexer.sandbox.webservice_documents import serialize as serialize_xml
from artwork_indexer.sandbox.world import Entities, World
from artwork_indexer.sandbox.world_art import IMAGE_ID_EPOCH

SANDBOX: Final = Path(__file__).parents[1]
PLACES: Final = (
    Path(__file__).parent / "edits",
    SANDBOX / "edits",
    Path(__file__).parent / "queries",
    SANDBOX / "queries",
)
XMLNS: Final = f"{{{NAMESPACE}}}"
LONG_AGO: Final = 1_400_000_000.0
"""2014: when planted images without a row were uploaded."""
FOREVER: Final = 1_000_000
"""More often than any stand-in of the web service is asked."""

Json = dict[str, Any]
Connection = psycopg.AsyncConnection[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Site:
    """One entity and its item. Changes keep the item as old as it is."""

    archive: Archive
    entity_type: str
    gid: str

    @property
    def project(self) -> projects.Project:
        """The archive it belongs to."""
        return projects.BY_ENTITY_TYPE[self.entity_type]

    @property
    def item(self) -> Item:
        """Its item, which exists."""
        return self.archive.items[names.item(self.gid)]

    @property
    def originals(self) -> dict[int, str]:
        """The names of the originals in the item by image id, in the order of the ids."""
        parsed = ((names.parse_image(name), name) for name in self.item.files)
        return dict(sorted((one.image_id, name) for one, name in parsed if one is not None))

    @property
    def first(self) -> int:
        """The first image of index.json."""
        return int(self.index["images"][0]["id"])

    @property
    def index(self) -> Json:
        """The stored index.json."""
        document: Json = json.loads(self.read(names.INDEX_JSON))
        return document

    @property
    def xml_name(self) -> str:
        """The name of the web service's document."""
        return names.metadata_xml(self.gid)

    @property
    def xml(self) -> etree._Element:
        """The stored document of the web service."""
        return etree.fromstring(self.read(self.xml_name))

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        return self.item.files[name].content.read()

    def put(self, name: str, content: bytes | Content) -> StoredFile:
        """Write a file."""
        made = content if isinstance(content, Content) else Content.of(content)
        return self.item.put(name, made, self.item.last_updated)

    def remove(self, *files: str) -> None:
        """Take files away without a trace."""
        for name in files:
            del self.item.files[name]
        self.item.touch()

    def remove_image(self, image: int) -> None:
        """Take an original and all that was made of it away."""
        self.remove(*self.of_image(image))

    def of_image(self, image: int) -> list[str]:
        """The names of an original and of all that was made of it."""
        start = f"{self.item.identifier}-{image}"
        return [name for name in self.item.files if name.startswith((f"{start}.", f"{start}_"))]

    def write(self, document: object) -> None:
        """Write an index.json in today's form, whatever it says."""
        self.put(names.INDEX_JSON, json.dumps(document, sort_keys=True).encode())

    def rewrite(self, change: Callable[[Json], object]) -> None:
        """Change what index.json says."""
        document = self.index
        change(document)
        self.write(document)

    def rewrite_xml(self, change: Callable[[etree._Element], object]) -> None:
        """Change what the document of the web service says."""
        root = self.xml
        change(root)
        self.put(self.xml_name, serialize_xml(root))

    def subject(self, past: Past | None = None) -> Subject:
        """This entity for the audit."""
        return Subject(self.entity_type, self.gid, past or Past())


Wish = Callable[[Site], bool]


@dataclass(slots=True)
class Stage:
    """A populated world on a migrated database, and the drift planted in it so far.

    ``connection`` is in autocommit mode and gives rows as dicts.
    """

    connection: Connection
    archive: Archive
    webservice: WebService
    world: World
    used: set[str] = field(default_factory=set)
    _invented: int = 0

    def release(self, *wishes: Wish, images: int = 1) -> Site:
        """A release with art, at least so many images, and all that is wished."""
        return self._pick("release", self.world.releases.with_art, wishes, images)

    def event(self, *wishes: Wish, images: int = 1) -> Site:
        """An event with art."""
        return self._pick("event", self.world.events.with_art, wishes, images)

    def site(self, entity_type: str, *wishes: Wish, images: int = 1) -> Site:
        """A release or an event with art."""
        pick = self.release if entity_type == "release" else self.event
        return pick(*wishes, images=images)

    def without_art(self) -> Site:
        """A release without art; it has no item."""
        return self._pick("release", self.world.releases.without_art, (), 0)

    def darkened(self) -> Site:
        """A release that is darkened in MusicBrainz and has art there."""
        return self._pick("release", self.world.releases.darkened, (), 1)

    def stranger(self, entity_type: str = "release") -> Site:
        """An MBID that MusicBrainz does not know; it has no item."""
        self._invented += 1
        gid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{entity_type} {self._invented}"))
        self.used.add(gid)
        return Site(self.archive, entity_type, gid)

    def entities(self, entity_type: str) -> Entities:
        """The entities of one type."""
        return self.world.releases if entity_type == "release" else self.world.events

    def _pick(
        self, entity_type: str, gids: Iterable[str], wishes: Iterable[Wish], images: int
    ) -> Site:
        for gid in gids:
            if gid in self.used or len(self.world.images.get(gid, ())) < images:
                continue
            site = Site(self.archive, entity_type, gid)
            if all(wish(site) for wish in wishes):
                self.used.add(gid)
                return site
        raise LookupError(f"no {entity_type} is left that fits; build a larger world")

    def new_image(self, age: float | None = None) -> int:
        """An image id that nobody has: uploaded ``age`` seconds ago, or long ago."""
        self._invented += 1
        now = self.archive.clock.now()
        moment = LONG_AGO + self._invented if age is None else now - age
        number = int((moment - IMAGE_ID_EPOCH) * 100)
        known = {image for images in self.world.images.values() for image in images}
        while number in known:
            number += 1
        return number

    def make_item(self, site: Site, metadata: Mapping[str, str] | None = None) -> Item:
        """An empty item, made long ago."""
        fields = {
            "collection": site.project.collection,
            "mediatype": "image",
            "noindex": "true",
            **(metadata or {}),
        }
        return self.archive.create(
            names.item(site.gid), site.project.uploader, {**fields}, created=LONG_AGO
        )

    async def change(self, name: str, **parameters: object) -> None:
        """Run the statements of an edit in one transaction."""
        async with self.connection.transaction():
            await psycopg.AsyncClientCursor(self.connection).execute(_sql(name), parameters)

    async def edit(self, name: str, **parameters: object) -> None:
        """Change MusicBrainz; the indexer is never told."""
        last = await self.row("last_event")
        await self.change(name, **parameters)
        await self.connection.execute(_sql("forget_events"), {"last": last["id"]})

    async def row(self, name: str, **parameters: object) -> dict[str, Any]:
        """The only row of a query."""
        (row,) = await self.rows(name, **parameters)
        return row

    async def rows(self, name: str, **parameters: object) -> list[dict[str, Any]]:
        """The rows of a query."""
        return await (await self.connection.execute(_sql(name), parameters)).fetchall()

    async def run(self, name: str, **parameters: object) -> None:
        """Run one statement."""
        await self.connection.execute(_sql(name), parameters)

    async def wanted(self, site: Site) -> Site:
        """The item as MusicBrainz wants it now, in an archive of its own."""
        archive = Archive(clock=self.archive.clock)
        await populate(archive, self.connection, only=site.gid)
        return Site(archive, site.entity_type, site.gid)

    async def renew(self, site: Site) -> None:
        """Let the item be as MusicBrainz wants it now."""
        wanted = await self.wanted(site)
        self.archive.items[wanted.item.identifier] = wanted.item


def _sql(name: str) -> bytes:
    return next(
        (place / f"{name}.sql").read_bytes() for place in PLACES if (place / f"{name}.sql").exists()
    )
