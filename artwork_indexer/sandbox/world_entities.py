"""Releases and events of the sample world, and everything they point at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from artwork_indexer.sandbox import world_names as names
from artwork_indexer.sandbox.world_art import EDITORS
from artwork_indexer.sandbox.world_rows import Rows

COUNTRY_TYPE: Final = 1
PERSON, GROUP, VENUE = 1, 2, 2
HELD_AT: Final = 794
MAIN_PERFORMER: Final = 798
LINK_TYPES: Final = {
    HELD_AT: ("e2c6f697-07dc-38b1-be0b-83d740165532", "event", "place", "held at"),
    MAIN_PERFORMER: (
        "936c7c95-3156-3889-a062-8a0cd57f8946", "artist", "event", "main performer",
    ),
    799: ("492a850e-97eb-306a-a85e-4b6d98527796", "artist", "event", "support act"),
    800: ("292df906-98a6-307e-86e8-df01a579a321", "artist", "event", "guest performer"),
}  # fmt: skip
"""Relationship types by their id in MusicBrainz."""
SETLIST_RATE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist row and the act it stands for."""

    id: int
    act: names.Act


class EntityWriter:
    """Adds the shared rows once, then releases and events one by one."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._chance = rows.chance
        self._languages = {code: id_ for id_, code in enumerate(names.LANGUAGES, 1)}
        self._scripts = {code: id_ for id_, code in enumerate(names.SCRIPTS, 1)}
        self._countries = {code: id_ for id_, code in enumerate(names.COUNTRIES, 1)}
        self._artists: dict[str, list[Artist]] = {}
        self._places: dict[str, list[int]] = {}
        self._credits: dict[str, list[int]] = {}
        self._add_reference_rows()
        for scene in names.SCENES:
            self._artists[scene.country] = [self._add_artist(scene, act) for act in scene.acts]
            self._places[scene.country] = [
                self._add_place(scene, name, address) for name, address in scene.venues
            ]
        for scene in names.SCENES:
            self._credits[scene.country] = self._add_credits(scene)

    def add_release(self, number: int) -> str:
        """Add release ``number`` with its release group and release events; gives the MBID."""
        chance, gid = self._chance, self.rows.gid()
        scene = names.SCENES[number % len(names.SCENES)]
        title = chance.choice(scene.titles) + chance.choice(names.TITLE_ENDINGS)
        credit = chance.choice(self._credits[scene.country])
        self.rows.add(
            "musicbrainz.release_group",
            id=number,
            gid=self.rows.gid(),
            name=title,
            artist_credit=credit,
            type=chance.choice((1, 1, 2, 3, None)),
        )
        told = chance.random() < 0.85
        self.rows.add(
            "musicbrainz.release",
            id=number,
            gid=gid,
            name=title,
            artist_credit=credit,
            release_group=number,
            status=chance.choices((1, 2, 3, 4, 5, 6, None), (75, 5, 5, 5, 3, 2, 5))[0],
            packaging=chance.choice((None, 1, 2, 3, 4, 6, 7)),
            language=self._languages[scene.language] if told else None,
            script=self._scripts[scene.script] if told or chance.random() < 0.5 else None,
            barcode=chance.choice((None, "", f"{chance.randrange(10**12, 10**13)}")),
            comment=chance.choice(("", "", "", "reissue", "初回限定盤")),
            quality=chance.choice((-1, -1, -1, 1, 2, 0)),
        )
        if chance.random() < 0.4:
            self.rows.asins[number] = f"B0{chance.getrandbits(32):08X}"
        self._add_release_events(number, scene)
        return gid

    def add_event(self, number: int) -> str:
        """Add event ``number`` with its performers and its venue; gives the MBID."""
        chance, gid = self._chance, self.rows.gid()
        scene = names.SCENES[number % len(names.SCENES)]
        main = chance.choice(self._artists[scene.country])
        support = chance.choice(self._artists[chance.choice(names.SCENES).country])
        year, month, day = chance.randint(1985, 2025), chance.randint(1, 12), chance.randint(1, 27)
        partly_known = chance.random() < 0.1
        ended = chance.random() < 0.9
        self.rows.add(
            "musicbrainz.event",
            id=number,
            gid=gid,
            name="" if number % 20 == 19 else f"{main.act.name} @ {scene.venues[0][0]}",
            begin_date_year=year,
            begin_date_month=month,
            begin_date_day=None if partly_known else day,
            end_date_year=year if ended else None,
            end_date_month=month if ended else None,
            end_date_day=day + chance.randint(0, 1) if ended and not partly_known else None,
            time=chance.choice((None, "20:00", "21:30", "11:45")),
            type=chance.choice((1, 1, 1, 2, 3, 4, 5, None)),
            cancelled=chance.random() < 0.1,
            setlist=self._setlist(scene, main, support),
            comment=chance.choice(("", "", "evening show", "夜の部")),
            ended=ended,
        )
        self._relate_artist(number, main, MAIN_PERFORMER, 0)
        if support != main:
            self._relate_artist(number, support, chance.choice((799, 800)), 1)
        self._relate_place(number, chance.choice(self._places[scene.country]))
        return gid

    def add_redirect(self, entity_type: str, number: int) -> str:
        """Say that another MBID was merged into an entity; gives that MBID."""
        gid = self.rows.gid()
        self.rows.add(
            f"musicbrainz.{entity_type}_gid_redirect",
            gid=gid,
            new_id=number,
            created=self.rows.moment(),
        )
        return gid

    def _add_reference_rows(self) -> None:
        for code, name in names.LANGUAGES.items():
            self.rows.add(
                "musicbrainz.language", id=self._languages[code], name=name, iso_code_3=code
            )
        for code, (number, name) in names.SCRIPTS.items():
            self.rows.add(
                "musicbrainz.script",
                id=self._scripts[code],
                iso_code=code,
                iso_number=number,
                name=name,
            )
        for code, name in names.COUNTRIES.items():
            area = self._countries[code]
            self.rows.add(
                "musicbrainz.area", id=area, gid=self.rows.gid(), name=name, type=COUNTRY_TYPE
            )
            self.rows.add("musicbrainz.country_area", area=area)
            self.rows.add("musicbrainz.iso_3166_1", area=area, code=code)
        for id_ in range(1, EDITORS + 1):
            self._add_editor(id_)
        for id_, (gid, entity_type0, entity_type1, name) in LINK_TYPES.items():
            self.rows.add(
                "musicbrainz.link_type",
                id=id_,
                gid=gid,
                entity_type0=entity_type0,
                entity_type1=entity_type1,
                name=name,
            )
            self.rows.add("musicbrainz.link", id=id_, link_type=id_)

    def _add_editor(self, id_: int) -> None:
        self.rows.add(
            "musicbrainz.editor",
            id=id_,
            name=f"editor{id_}",
            email=f"editor{id_}@example.com",
            email_confirm_date="2012-01-01T00:00:00Z",
            password="",
            ha1="0" * 32,
        )

    def _add_artist(self, scene: names.Scene, act: names.Act) -> Artist:
        id_ = len(self.rows.tables["musicbrainz.artist"]) + 1
        self.rows.add(
            "musicbrainz.artist",
            id=id_,
            gid=self.rows.gid(),
            name=act.name,
            sort_name=act.sort_name,
            type=PERSON if act.person else GROUP,
            area=self._countries[scene.country] if id_ % 4 else None,
            comment="" if id_ % 5 else "from the harbour district",
        )
        return Artist(id_, act)

    def _add_place(self, scene: names.Scene, name: str, address: str) -> int:
        id_ = len(self.rows.tables["musicbrainz.place"]) + 1
        latitude = round(self._chance.uniform(-60, 70), 5)
        longitude = round(self._chance.uniform(-180, 180), 5)
        self.rows.add(
            "musicbrainz.place",
            id=id_,
            gid=self.rows.gid(),
            name=name,
            type=VENUE,
            address=address,
            area=self._countries[scene.country],
            coordinates=f"({latitude},{longitude})" if address else None,
            comment="",
        )
        return id_

    def _add_credits(self, scene: names.Scene) -> list[int]:
        """Credits of each act under its own and its other name, and of two acts together."""
        credits_ = []
        others = [artist for artists in self._artists.values() for artist in artists]
        for artist in self._artists[scene.country]:
            credits_.append(self._add_credit([(artist, artist.act.name)], ""))
            if artist.act.credited:
                credits_.append(self._add_credit([(artist, artist.act.credited)], ""))
            guest = self._chance.choice(others)
            if guest != artist:
                together = [
                    (artist, artist.act.name),
                    (guest, guest.act.credited or guest.act.name),
                ]
                credits_.append(self._add_credit(together, self._chance.choice(names.JOIN_PHRASES)))
        return credits_

    def _add_credit(self, credited: list[tuple[Artist, str]], join_phrase: str) -> int:
        id_ = len(self.rows.tables["musicbrainz.artist_credit"]) + 1
        self.rows.add(
            "musicbrainz.artist_credit",
            id=id_,
            name=join_phrase.join(name for _, name in credited),
            artist_count=len(credited),
            gid=self.rows.gid(),
        )
        for position, (artist, name) in enumerate(credited):
            self.rows.add(
                "musicbrainz.artist_credit_name",
                artist_credit=id_,
                position=position,
                artist=artist.id,
                name=name,
                join_phrase=join_phrase if position < len(credited) - 1 else "",
            )
        return id_

    def _add_release_events(self, release: int, scene: names.Scene) -> None:
        chance = self._chance
        countries = dict.fromkeys(
            [scene.country, *chance.sample(list(names.COUNTRIES), chance.choice((0, 0, 1, 3)))]
        )
        if chance.random() < 0.15:
            self.rows.add(
                "musicbrainz.release_unknown_country", release=release, **self._partial_date()
            )
            return
        if chance.random() < 0.05:
            return
        for country in countries:
            self.rows.add(
                "musicbrainz.release_country",
                release=release,
                country=self._countries[country],
                **self._partial_date(),
            )

    def _partial_date(self) -> dict[str, object]:
        chance = self._chance
        year, month, day = chance.randint(1962, 2025), chance.randint(1, 12), chance.randint(1, 28)
        known = chance.choices(
            ((year, month, day), (year, month, None), (year, None, None), (None, month, None),
             (None, None, None)),
            (60, 10, 20, 3, 7),
        )[0]  # fmt: skip
        return dict(zip(("date_year", "date_month", "date_day"), known, strict=True))

    def _setlist(self, scene: names.Scene, main: Artist, support: Artist) -> str | None:
        if self._chance.random() > SETLIST_RATE:
            return None
        return names.SETLIST.format(
            main=main.act.name, support=support.act.name, title=self._chance.choice(scene.titles)
        )

    def _relate_artist(self, event: int, artist: Artist, link_type: int, order: int) -> None:
        self.rows.add(
            "musicbrainz.l_artist_event",
            id=len(self.rows.tables["musicbrainz.l_artist_event"]) + 1,
            link=link_type,
            entity0=artist.id,
            entity1=event,
            link_order=order,
            entity0_credit=artist.act.credited if self._chance.random() < 0.2 else "",
        )

    def _relate_place(self, event: int, place: int) -> None:
        self.rows.add(
            "musicbrainz.l_event_place",
            id=len(self.rows.tables["musicbrainz.l_event_place"]) + 1,
            link=HELD_AT,
            entity0=event,
            entity1=place,
        )
