"""Images moved about and removed at random, with trouble at the archive: nothing is lost.

This is where chains of merges meet back-off, waiting copies and half-drained queues.
"""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Final

import pytest
from aiohttp import web

from artwork_indexer.sandbox.internet_archive import Content
from artwork_indexer.sandbox.internet_archive.calls import Call
from artwork_indexer.sandbox.internet_archive.fault_kinds import Answer
from tests.scenarios.expected import R1, R2, R3, original
from tests.scenarios.running import drain, drain_for_hours, running
from tests.scenarios.stage import Stage

SUFFIXES: Final = {1: "jpg", 2: "png", 11: "gif", 12: "pdf"}
GIDS: Final = {
    1: R1,
    2: R2,
    3: R3,
    4: "5e1e4b2c-94f5-4b3a-9d68-3d5b0f2a7c04",
    5: "5e1e4b2c-94f5-4b3a-9d68-3d5b0f2a7c05",
}
STEPS: Final = 12


@dataclass
class Editor:
    """Edits at random, and knows what must come of it."""

    stage: Stage
    chance: random.Random
    owners: dict[int, int] = field(default_factory=lambda: {1: 1, 2: 3, 11: 1, 12: 4})
    """Release by image, of the images that were not removed."""
    alive: list[int] = field(default_factory=lambda: sorted(GIDS))
    """The releases that were neither merged nor deleted."""
    bytes_of: dict[int, bytes] = field(default_factory=dict)

    def prepare(self) -> None:
        for release in (4, 5):
            self.stage.sql(
                "INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group)"
                " VALUES (%s, %s::uuid, 'Přírůstek', 2, 2)",
                release,
                GIDS[release],
            )
        self.stage.sql(
            "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
            " VALUES (11, 1, 'image/gif', 2, 1), (12, 4, 'application/pdf', 1, 1)"
        )
        self.stage.forget_queue()
        for image, release in self.owners.items():
            name = original(GIDS[release], image, SUFFIXES[image])
            self.bytes_of[image] = f"the bytes of image {image}".encode()
            items = self.stage.archive.items
            item = items.get(f"mbid-{GIDS[release]}") or self.stage.item(GIDS[release])
            item.put(name, Content.of(self.bytes_of[image]), self.stage.archive.clock.now())

    async def step(self) -> None:
        await self.chance.choice([self.edit, self.drain])()

    async def edit(self) -> None:
        """Also images that move between living releases, which no edit of MusicBrainz does."""
        self.chance.choice([self.move, self.move_all, self.remove, self.end_release])()

    async def musicbrainz_edit(self) -> None:
        self.chance.choice([self.comment, self.remove, self.end_release])()

    def comment(self) -> None:
        self.stage.sql(
            "UPDATE cover_art_archive.cover_art SET comment = comment || '!' WHERE release = %s",
            self.chance.choice(self.alive),
        )

    def move(self) -> None:
        if self.owners:
            image = self.chance.choice(sorted(self.owners))
            self._move([image], self.chance.choice(self.alive))

    def move_all(self) -> None:
        """A merge moves all images of a release in one statement."""
        self._move(self._images(self.chance.choice(self.alive)), self.chance.choice(self.alive))

    def _images(self, release: int) -> list[int]:
        return sorted(image for image, owner in self.owners.items() if owner == release)

    def _move(self, images: list[int], release: int) -> None:
        self.stage.sql(
            "UPDATE cover_art_archive.cover_art SET release = %s, ordering = ordering + 10"
            " WHERE id = ANY (%s::bigint[])",
            release,
            images,
        )
        self.owners.update(dict.fromkeys(images, release))

    def end_release(self) -> None:
        """A whole merge with its redirect, or a deletion with all images."""
        if len(self.alive) == 1 or self.chance.random() < 0.6:
            return
        old = self.chance.choice(self.alive)
        self.alive.remove(old)
        with self.stage.connection.transaction():
            if self.chance.random() < 0.7:
                new = self.chance.choice(self.alive)
                self._move(self._images(old), new)
                self.stage.sql(
                    "INSERT INTO musicbrainz.release_gid_redirect (gid, new_id)"
                    " VALUES (%s::uuid, %s)",
                    GIDS[old],
                    new,
                )
            self.stage.sql("DELETE FROM musicbrainz.release_gid_redirect WHERE new_id = %s", old)
            self.stage.sql("DELETE FROM musicbrainz.release_country WHERE release = %s", old)
            self.stage.sql("DELETE FROM musicbrainz.release WHERE id = %s", old)
        for image in self._images(old):
            del self.owners[image]

    def remove(self) -> None:
        if self.owners and self.chance.random() < 0.3:
            image = self.chance.choice(sorted(self.owners))
            self.stage.sql("DELETE FROM cover_art_archive.cover_art WHERE id = %s", image)
            del self.owners[image]

    async def drain(self) -> None:
        """With trouble at the archive now and then, and time that passes or does not."""
        self.stage.archive.settings.delay = self.chance.choice([0, 0, 3600])
        if self.chance.random() < 0.5:
            self.stage.archive.faults.add("", "/s3/", self.sometimes_fail, times=None)
        await drain(self.stage)
        self.stage.archive.faults.clear()
        if self.chance.random() < 0.5:
            self.stage.archive.settle()
            self.stage.make_due()

    async def sometimes_fail(self, _call: Call, answer: Answer) -> web.StreamResponse:
        if self.chance.random() < 0.3:
            return web.Response(status=500)
        return answer()

    def check(self) -> None:
        """Every image is with its owner and nowhere else, and every listing is right.

        An event that failed and was not merely replaced by its twin would need a person.
        """
        failures = self.stage.sql(
            "SELECT event.id, event.action::text, event.message, reason.failure_reason"
            "  FROM artwork_indexer.event_queue AS event"
            "  JOIN artwork_indexer.event_failure_reason AS reason ON reason.event = event.id"
            " WHERE event.state = 'failed' AND event.remark IS NULL"
        )
        assert failures == []
        for release, gid in GIDS.items():
            images = set(self._images(release))
            originals = {name for name in self.stage.files(gid) if name.startswith("mbid-")}
            originals -= {f"mbid-{gid}_mb_metadata.xml"}
            assert originals == {original(gid, image, SUFFIXES[image]) for image in images}
            item = self.stage.archive.items.get(f"mbid-{gid}")
            for image in images:
                assert item is not None
                stored = item.files[original(gid, image, SUFFIXES[image])]
                assert stored.content.read() == self.bytes_of[image]
            listing = None if item is None else item.files.get("index.json")
            if listing is not None:
                listed = json.loads(listing.content.read())["images"]
                assert {image["id"] for image in listed} == images
            else:
                assert not images or gid not in self._touched()

    def _touched(self) -> set[str]:
        rows = self.stage.sql("SELECT message ->> 'gid' FROM artwork_indexer.event_queue")
        return {gid for (gid,) in rows}


@pytest.mark.parametrize("seed", range(12))
async def test_no_order_of_edits_loses_an_image(caa: Stage, seed: int) -> None:
    caa.configure("indexer", concurrency=str(1 + seed % 4), max_attempts="50")
    editor = Editor(caa, random.Random(seed))
    editor.prepare()
    for _ in range(STEPS):
        await editor.step()
    caa.archive.settings.delay = 0
    caa.archive.settle()
    caa.make_due()
    await drain_for_hours(caa)
    editor.check()


@pytest.mark.parametrize("seed", range(6))
async def test_edits_while_two_daemons_work_lose_no_image(caa: Stage, seed: int) -> None:
    caa.configure("indexer", concurrency="4", max_attempts="50")
    editor = Editor(caa, random.Random(seed))
    editor.prepare()
    caa.archive.faults.add("", "/s3/", editor.sometimes_fail, times=None)
    async with running(caa, max_wait=0.05), running(caa, max_wait=0.05):
        for _ in range(STEPS):
            await editor.musicbrainz_edit()
            if editor.chance.random() < 0.3:
                caa.make_due()
            await asyncio.sleep(editor.chance.choice([0, 0.002, 0.01, 0.03]))
    caa.make_due()
    await drain_for_hours(caa)
    editor.check()
