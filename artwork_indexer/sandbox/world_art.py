"""Images of the sample world, with the edits that added them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

from artwork_indexer.sandbox.world_names import COMMENTS
from artwork_indexer.sandbox.world_rows import Rows

IMAGE_ID_EPOCH: Final = 1327528905
"""2012-01-25 22:01:45 UTC: ids count hundredths of a second since then."""
ADD_ART: Final = {"release": 314, "event": 158}
"""Edit types (musicbrainz-server, lib/MusicBrainz/Server/Constants.pm)."""
MIME_TYPES: Final = ("image/jpeg", "image/png", "image/gif", "application/pdf")
MIME_WEIGHTS: Final = (80, 12, 3, 5)
INNER_TYPES: Final = ((), (3,), (4,), (5, 6), (9,), (3, 14), (12,), (15,), (48,), (8, 10, 11))
"""What the images behind front and back cover show."""
EDITORS: Final = 5


def image_id(uploaded: datetime) -> int:
    """The id that MusicBrainz gives an image uploaded at that time."""
    return math.floor((uploaded.timestamp() - IMAGE_ID_EPOCH) * 100)


class ArtWriter:
    """Adds art rows; ``images`` collects the ids in display order by MBID."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.images: dict[str, tuple[int, ...]] = {}
        self._used: set[int] = set()
        self._edits = 0

    def add(self, entity_type: str, entity: int, gid: str, kind: str) -> None:
        """Give an entity the images and the presence that fit its kind."""
        listed = kind in {"with_art", "darkened"}
        if listed:
            self.images[gid] = self._images(entity_type, entity)
        if kind.startswith("darkened"):
            self.rows.presence[entity_type][entity] = "darkened"
        else:
            self.rows.presence[entity_type][entity] = "present" if listed else "absent"

    def _images(self, entity_type: str, entity: int) -> tuple[int, ...]:
        chance = self.rows.chance
        count = chance.choices((1, 2, 3, 5, 9, 14), (40, 25, 15, 12, 6, 2))[0]
        uploaded = self.rows.moment()
        ids = []
        for ordering in range(1, count + 1):
            uploaded += timedelta(seconds=chance.randrange(20, 90), milliseconds=10)
            ids.append(self._image(entity_type, entity, ordering, uploaded))
        return tuple(ids)

    def _image(self, entity_type: str, entity: int, ordering: int, uploaded: datetime) -> int:
        chance = self.rows.chance
        while (number := image_id(uploaded)) in self._used:
            uploaded += timedelta(milliseconds=10)
        self._used.add(number)
        pending = chance.random() < 0.1
        schema = "cover_art_archive" if entity_type == "release" else "event_art_archive"
        table = "cover_art" if entity_type == "release" else "event_art"
        self.rows.add(
            f"{schema}.{table}",
            id=number,
            **{entity_type: entity},
            comment=chance.choice(COMMENTS),
            edit=self._edit(entity_type, uploaded, pending=pending),
            ordering=ordering,
            date_uploaded=uploaded,
            edits_pending=int(pending),
            mime_type=chance.choices(MIME_TYPES, MIME_WEIGHTS)[0],
        )
        for type_id in self._types(entity_type, ordering):
            self.rows.add(f"{schema}.{table}_type", id=number, type_id=type_id)
        return number

    def _types(self, entity_type: str, ordering: int) -> tuple[int, ...]:
        chance = self.rows.chance
        if chance.random() < 0.05:
            return ()
        if entity_type == "event":
            return (1,)
        if ordering == 1:
            return chance.choice(((1,), (1,), (1,), (1, 2), (1, 2, 6), (11,)))
        if ordering == 2:
            return chance.choice(((2,), (2,), (2, 6), (1,), (4,)))
        return chance.choice(INNER_TYPES)

    def _edit(self, entity_type: str, uploaded: datetime, *, pending: bool) -> int:
        """The edit that added an image, closed some days later or still open."""
        self._edits += 1
        automatic = not pending and self.rows.chance.random() < 0.3
        closed = uploaded if automatic else uploaded + timedelta(days=7)
        self.rows.add(
            "musicbrainz.edit",
            id=self._edits,
            editor=self.rows.chance.randint(1, EDITORS),
            type=ADD_ART[entity_type],
            status=1 if pending else 2,
            autoedit=int(automatic),
            open_time=uploaded,
            close_time=None if pending else closed,
            expire_time=uploaded + timedelta(days=7),
        )
        return self._edits
