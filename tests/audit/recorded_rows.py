"""Writes the rows of MusicBrainz that a recorded answer was made of."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from artwork_indexer.projects import BY_ENTITY_TYPE
from tests.queue_fixtures import Rows

MIME_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "pdf": "application/pdf"}
MMD = {"": "http://musicbrainz.org/ns/mmd-2.0#"}

Artist = tuple[str, str, str]
"""MBID, name and sort name."""
NOBODY: Artist = ("6f2ab2de-98a5-4f4c-a6ed-0b7ee4a14ba1", "Nobody in Particular", "Nobody")
"""Credited where the recorded answer says nothing about artists."""


@dataclass(frozen=True)
class Release:
    """What an answer says about a release; ``date`` is partial, such as ``2013-05``."""

    gid: str
    title: str
    artists: Sequence[Artist] = (NOBODY,)
    status: str | None = None
    language: str | None = None
    date: str | None = None
    country: str | None = None
    barcode: str | None = None
    asin: str | None = None


def release_of_record(body: bytes) -> Release:
    """The release as the metadata of its item describe it."""
    said = json.loads(body)["metadata"]
    ids = dict(urn.split(":")[1:] for urn in said["external-identifier"])
    return Release(
        gid=ids["mb_release_id"],
        title=said["title"],
        artists=[(ids["mb_artist_id"], said["creator"], said["creator"])],
        language=said["language"],
        date=said["date"],
        barcode=ids["upc"],
        asin=ids.get("asin"),
    )


def release_of_document(body: bytes) -> Release:
    """The release as a document of the web service describes it."""
    (release,) = etree.fromstring(body)
    barcode = release.find("barcode", MMD)
    return Release(
        gid=release.get("id", ""),
        title=release.findtext("title", "", MMD),
        artists=[
            (
                artist.get("id", ""),
                artist.findtext("name", "", MMD),
                artist.findtext("sort-name", "", MMD),
            )
            for artist in release.iterfind("artist-credit/name-credit/artist", MMD)
        ]
        or [NOBODY],
        status=release.findtext("status", None, MMD),
        language=release.findtext("text-representation/language", None, MMD),
        date=release.findtext("date", None, MMD),
        country=release.findtext("country", None, MMD),
        barcode=None if barcode is None else barcode.text or "",
        asin=release.findtext("asin", None, MMD),
    )


def images_of_index(body: bytes) -> list[dict[str, Any]]:
    """The entries of an index.json, in order."""
    images: list[dict[str, Any]] = json.loads(body)["images"]
    return images


def suffix_of(entry: Mapping[str, Any]) -> str:
    return PurePosixPath(entry["image"]).suffix[1:]


def an_image(number: int, kind: str = "Front") -> dict[str, Any]:
    """An image that no recording knows, as an entry of an index.json."""
    return {
        "id": number,
        "image": f"https://example.org/{number}.jpg",
        "edit": number,
        "approved": True,
        "comment": "",
        "types": [kind],
    }


class MusicBrainz:
    """A MusicBrainz database that gets the rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._editor = self.insert(
            "musicbrainz.editor",
            name="editor",
            password="x",
            ha1="x" * 32,
            email_confirm_date="2011-01-01",
        )["id"]
        # Types have no order of their own. The row of this one has the lowest id, and the one it
        # precedes is written last, so that every plan gives the order that was recorded.
        self.insert("cover_art_archive.art_type", id=0, name="Panel", gid=uuid.uuid4())
        rows.run(
            "UPDATE cover_art_archive.art_type SET description = '' WHERE name = 'Raw/Unedited'"
        )

    def insert(self, table: str, **columns: object) -> dict[str, Any]:
        names = ", ".join(columns)
        marks = ", ".join(f"%({name})s" for name in columns)
        (row,) = self._rows.run(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING *", **columns
        )
        return row

    def release(self, release: Release) -> int:
        """Returns the id of the row."""
        credit = self._credit(release.artists)
        group = self.insert(
            "musicbrainz.release_group", gid=uuid.uuid4(), name=release.title, artist_credit=credit
        )
        row: int = self.insert(
            "musicbrainz.release",
            gid=release.gid,
            name=release.title,
            artist_credit=credit,
            release_group=group["id"],
            status=self._id_of("release_status", name=release.status),
            language=self._id_of("language", iso_code_3=release.language),
            barcode=release.barcode,
        )["id"]
        self._release_event(row, release)
        self._rows.run(
            "UPDATE musicbrainz.release_meta SET amazon_asin = %(asin)s WHERE id = %(id)s",
            asin=release.asin,
            id=row,
        )
        return row

    def event(self, body: bytes) -> int:
        """An event and its place as a document describes them; returns the id of the row."""
        (event,) = etree.fromstring(body)
        begin, end = (event.findtext(f"life-span/{day}", None, MMD) for day in ("begin", "end"))
        row: int = self.insert(
            "musicbrainz.event",
            gid=event.get("id"),
            name=event.findtext("name", "", MMD),
            type=self._id_of("event_type", name=event.get("type")),
            **partial_date("begin_date", begin),
            **partial_date("end_date", end),
        )["id"]
        for relation in event.iterfind("relation-list/relation", MMD):
            self._held_at(row, relation)
        return row

    def images(self, entity_type: str, entity: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """The rows of images in order; all edits are closed, as ``approved`` says."""
        project = BY_ENTITY_TYPE[entity_type]
        table = f"{project.schema}.{project.art_table}"
        for place, entry in enumerate(entries, start=1):
            assert entry["approved"] is True
            moment = "2012-02-01"
            self.insert(
                "musicbrainz.edit",
                id=entry["edit"],
                editor=self._editor,
                type=314,
                status=2,
                close_time=moment,
                expire_time=moment,
            )
            number = int(entry["id"])
            self.insert(
                table,
                **{"id": number, entity_type: entity, "edit": entry["edit"], "ordering": place},
                comment=entry["comment"],
                mime_type=MIME_TYPES[suffix_of(entry)],
            )
            self._rows.run(
                f"INSERT INTO {table}_type (id, type_id) SELECT %(id)s, id"
                f" FROM {project.schema}.art_type WHERE name = ANY (%(types)s)",
                id=number,
                types=entry["types"],
            )

    def redirect(self, gid: str, release: int) -> None:
        """Another release was merged into this one."""
        self.insert("musicbrainz.release_gid_redirect", gid=gid, new_id=release)

    def darken(self, release: int) -> None:
        self._rows.run(
            "UPDATE musicbrainz.release_meta SET cover_art_presence = 'darkened' WHERE id = %(id)s",
            id=release,
        )

    def artist(self, artist: Artist) -> int:
        gid, name, sort_name = artist
        row = self._id_of("artist", gid=gid)
        if row is None:
            row = self.insert("musicbrainz.artist", gid=gid, name=name, sort_name=sort_name)["id"]
        return row

    def link(self, name: str, entity_type0: str, entity_type1: str) -> int:
        """A link without dates, of a type of its own."""
        between = {"entity_type0": entity_type0, "entity_type1": entity_type1}
        kind = self.insert("musicbrainz.link_type", gid=uuid.uuid4(), name=name, **between)
        row: int = self.insert("musicbrainz.link", link_type=kind["id"])["id"]
        return row

    def quiet(self) -> None:
        """Long after the last edit: what the triggers asked for has been done."""
        self._rows.run("DELETE FROM artwork_indexer.event_queue")
        self._rows.run("DELETE FROM artwork_indexer.deferred_demand")

    def _credit(self, artists: Sequence[Artist]) -> int:
        name = ", ".join(artist[1] for artist in artists)
        credit: int = self.insert(
            "musicbrainz.artist_credit", gid=uuid.uuid4(), name=name, artist_count=len(artists)
        )["id"]
        for position, artist in enumerate(artists):
            self.insert(
                "musicbrainz.artist_credit_name",
                artist_credit=credit,
                position=position,
                name=artist[1],
                artist=self.artist(artist),
            )
        return credit

    def _release_event(self, release: int, said: Release) -> None:
        date = partial_date("date", said.date)
        if said.country is not None:
            country = self._country(said.country)
            self.insert("musicbrainz.release_country", release=release, country=country, **date)
        elif said.date is not None:
            self.insert("musicbrainz.release_unknown_country", release=release, **date)

    def _country(self, code: str) -> int:
        for row in self._rows.run(
            "SELECT area FROM musicbrainz.iso_3166_1 WHERE code = %(code)s", code=code
        ):
            return int(row["area"])
        area: int = self.insert("musicbrainz.area", gid=uuid.uuid4(), name=code, type=1)["id"]
        self.insert("musicbrainz.country_area", area=area)
        self.insert("musicbrainz.iso_3166_1", area=area, code=code)
        return area

    def _held_at(self, event: int, relation: etree._Element) -> None:
        (place,) = relation.iterfind("place", MMD)
        latitude, longitude = (
            place.findtext(f"coordinates/{degrees}", "", MMD)
            for degrees in ("latitude", "longitude")
        )
        self.insert(
            "musicbrainz.l_event_place",
            link=self.link(relation.get("type", ""), "event", "place"),
            entity0=event,
            entity1=self.insert(
                "musicbrainz.place",
                gid=place.get("id"),
                name=place.findtext("name", "", MMD),
                address=place.findtext("address", "", MMD),
                coordinates=f"({latitude},{longitude})",
            )["id"],
        )

    def _id_of(self, table: str, **value: str | None) -> int | None:
        """The row with this value; languages are added when they are needed."""
        ((column, wanted),) = value.items()
        if wanted is None:
            return None
        found = self._rows.run(
            f"SELECT id FROM musicbrainz.{table} WHERE {column} = %(wanted)s", wanted=wanted
        )
        if found:
            return int(found[0]["id"])
        if table != "language":
            return None
        return int(self.insert("musicbrainz.language", name=wanted, iso_code_3=wanted)["id"])


def partial_date(prefix: str, text: str | None) -> dict[str, int | None]:
    """The three columns of a date such as ``2013-05``."""
    known = [int(part) for part in text.split("-")] if text else []
    parts = zip(("year", "month", "day"), [*known, None, None, None], strict=False)
    return {f"{prefix}_{name}": part for name, part in parts}
