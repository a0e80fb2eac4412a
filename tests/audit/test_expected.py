"""What MusicBrainz says: life, images, redirects, and rows that cannot be used."""

from __future__ import annotations

import pytest

from artwork_indexer.database import Database
from artwork_indexer.musicbrainz import entities
from artwork_indexer.projects import PROJECTS
from artwork_indexer.sandbox.world import World
from audit import expected
from audit.states import Life
from tests.audit.expected_fixtures import (
    ARCHIVES,
    entities_of,
    every,
    keys,
    read_one,
    without_keys,
    without_triggers,
)
from tests.queue_fixtures import Rows

pytest_plugins = ["tests.audit.expected_plugin"]


# --- life


async def test_every_entity_of_a_batch_has_the_life_it_has(
    database: Database, world: World
) -> None:
    states = await expected.read(database, every(world))
    assert states.keys() == set(every(world))
    for entity_type in ARCHIVES:
        of = entities_of(world, entity_type)
        for gids, life in (
            (of.with_art + of.without_art, Life.LIVE),
            (of.darkened + of.darkened_without_rows, Life.DARKENED),
            (tuple(of.merged), Life.MERGED),
            (of.deleted, Life.GONE),
        ):
            assert {states[key].life for key in keys(entity_type, gids)} == {life}
        for gid, survivor in of.merged.items():
            assert states[entity_type, gid].merged_into == survivor
            assert gid in states[entity_type, survivor].redirected_gids
        redirected = [g for gid in of.live for g in states[entity_type, gid].redirected_gids]
        assert sorted(redirected) == sorted(of.merged)


async def test_an_mbid_of_the_other_archive_is_gone(database: Database, world: World) -> None:
    assert (await read_one(database, world.releases.with_art[0], "event")).life is Life.GONE


async def test_an_empty_batch(database: Database) -> None:
    assert await expected.read(database, []) == {}


async def test_an_mbid_twice_in_a_batch(database: Database, world: World) -> None:
    key = ("release", world.releases.with_art[0])
    assert set(await expected.read(database, [key, key])) == {key}


# --- images


async def test_images_are_those_that_the_daemon_would_list(
    database: Database, world: World
) -> None:
    states = await expected.read(database, every(world))
    for project in PROJECTS:
        of = entities_of(world, project.entity_type)
        for gid in of.live:
            state = states[project.entity_type, gid]
            listing = await entities.listing(database, project, gid)
            assert listing is not None
            assert state.images == listing.images
            assert tuple(image.id for image in state.images) == world.images.get(gid, ())
            assert state.has_art is bool(state.images)
            assert (state.ties, state.malformed) == ((), ())
        for gid in (*of.merged, *of.deleted):
            state = states[project.entity_type, gid]
            assert (state.images, state.fields, state.redirected_gids) == ((), None, ())


def release_with_images(world: World, least: int) -> tuple[str, tuple[int, ...]]:
    gid = next(g for g in world.releases.with_art if len(world.images[g]) >= least)
    return gid, world.images[gid]


async def test_images_that_share_a_place_are_ordered_by_id_and_told(
    database: Database, world: World, rows: Rows
) -> None:
    gid, ids = release_with_images(world, 3)
    without_triggers(rows)
    rows.run(
        "UPDATE cover_art_archive.cover_art SET ordering = 1 WHERE id = ANY (%(ids)s)",
        ids=list(ids[1:3]),
    )
    state = await read_one(database, gid)
    assert state.ties == (frozenset(ids[:3]),)
    assert [image.id for image in state.images][:3] == sorted(ids[:3])


# --- malformed rows


@pytest.mark.parametrize("entity_type", ["release", "event"])
async def test_an_unknown_mime_type_names_its_row(
    database: Database, world: World, rows: Rows, entity_type: str
) -> None:
    of = entities_of(world, entity_type)
    table = ARCHIVES[entity_type]
    gid = of.with_art[0]
    first, *others = world.images[gid]
    without_keys(rows, table)
    rows.run(f"UPDATE {table} SET mime_type = 'image/webp' WHERE id = %(id)s", id=first)
    state = await read_one(database, gid, entity_type)
    (told,) = state.malformed
    assert told == (
        f"The row {first} of {table} has the MIME type 'image/webp', "
        "which is not in cover_art_archive.image_type."
    )
    assert [image.id for image in state.images] == others
    assert (state.life, state.fields, state.has_art) == (Life.LIVE, None, True)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("mime_type", "has no MIME type"),
        ("comment", "has no comment"),
        ("edit", "has no edit"),
        ("ordering", "has no ordering"),
    ],
)
async def test_a_missing_value_of_an_image_names_its_row(
    database: Database, world: World, rows: Rows, column: str, told: str
) -> None:
    gid = world.releases.with_art[0]
    without_triggers(rows)
    rows.run(f"ALTER TABLE cover_art_archive.cover_art ALTER {column} DROP NOT NULL")
    rows.run(
        f"UPDATE cover_art_archive.cover_art SET {column} = NULL WHERE id = %(id)s",
        id=world.images[gid][0],
    )
    state = await read_one(database, gid)
    row = f"The row {world.images[gid][0]} of cover_art_archive.cover_art"
    assert state.malformed == (f"{row} {told}.",)


async def test_a_type_without_a_name_names_the_image(
    database: Database, world: World, rows: Rows
) -> None:
    gid = next(gid for gid in world.releases.with_art if len(world.images[gid]) > 1)
    image_id = world.images[gid][0]
    without_triggers(rows, "cover_art_archive.cover_art_type")
    rows.run("ALTER TABLE cover_art_archive.art_type ALTER name DROP NOT NULL")
    rows.run("UPDATE cover_art_archive.art_type SET name = NULL WHERE id = 3")
    rows.run(
        "INSERT INTO cover_art_archive.cover_art_type VALUES (%(id)s, 3), (%(id)s, 4)"
        " ON CONFLICT DO NOTHING",
        id=image_id,
    )
    assert (await read_one(database, gid)).malformed[0] == (
        f"The row {image_id} of cover_art_archive.cover_art has a type without a name."
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("name = NULL", "has no name"),
        ("status = 99", "has the status 99, which is not in musicbrainz.release_status"),
        ("language = 99", "has the language 99, which is not in musicbrainz.language"),
        (
            "artist_credit = 9999",
            "has the artist credit 9999, which has no rows in musicbrainz.artist_credit_name",
        ),
    ],
)
async def test_a_release_that_points_nowhere_names_itself(
    database: Database, world: World, rows: Rows, change: str, told: str
) -> None:
    gid = world.releases.with_art[0]
    without_keys(rows, "musicbrainz.release")
    rows.run("ALTER TABLE musicbrainz.release ALTER name DROP NOT NULL")
    rows.run(f"UPDATE musicbrainz.release SET {change} WHERE gid = %(gid)s", gid=gid)
    state = await read_one(database, gid)
    assert state.malformed == (f"The row of the release {gid} {told}.",)
    assert state.fields is None


async def test_an_event_of_an_unknown_type_names_itself(
    database: Database, world: World, rows: Rows
) -> None:
    gid = world.events.with_art[0]
    without_keys(rows, "musicbrainz.event")
    rows.run("UPDATE musicbrainz.event SET type = 99 WHERE gid = %(gid)s", gid=gid)
    assert (await read_one(database, gid, "event")).malformed == (
        f"The row of the event {gid} has the type 99, which is not in musicbrainz.event_type.",
    )
