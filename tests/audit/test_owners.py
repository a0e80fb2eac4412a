"""Who has an image: this archive before the other one, and nobody for unknown ids."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from artwork_indexer.database import Database
from artwork_indexer.sandbox.world import World
from audit import owners
from audit.states import Owner
from tests.audit.expected_fixtures import ARCHIVES, entities_of, without_keys
from tests.queue_fixtures import Rows

pytest_plugins = ["tests.audit.expected_plugin"]

UNKNOWN = 4


def suffixes(rows: Rows, entity_type: str, ids: Iterable[int]) -> dict[int, str]:
    found = rows.run(
        f"SELECT art.id, suffix FROM {ARCHIVES[entity_type]} AS art"
        " JOIN cover_art_archive.image_type USING (mime_type) WHERE art.id = ANY (%(ids)s)",
        ids=list(ids),
    )
    return {row["id"]: row["suffix"] for row in found}


@pytest.mark.parametrize("entity_type", ["release", "event"])
async def test_owners_of_every_image_of_the_world(
    database: Database, world: World, rows: Rows, entity_type: str
) -> None:
    of = entities_of(world, entity_type)
    owner_of = {
        image_id: gid for gid in of.with_art + of.darkened for image_id in world.images[gid]
    }
    suffix = suffixes(rows, entity_type, owner_of)
    found = await owners.read(database, entity_type, owner_of)
    assert found == {
        image_id: Owner(entity_type, gid, gid in of.darkened, suffix[image_id])
        for image_id, gid in owner_of.items()
    }


async def test_images_of_the_other_archive_are_told_apart(database: Database, world: World) -> None:
    gid = world.events.with_art[0]
    found = await owners.read(database, "release", world.images[gid])
    assert {(owner.entity_type, owner.gid) for owner in found.values() if owner} == {("event", gid)}


async def test_an_id_that_both_archives_have_is_of_the_one_that_is_asked_about(
    database: Database, world: World, rows: Rows
) -> None:
    event = world.events.with_art[0]
    shared = world.images[event][0]
    release = world.releases.with_art[0]
    rows.run(
        "INSERT INTO cover_art_archive.cover_art (id, release, edit, ordering, mime_type)"
        " SELECT %(image)s, id, 1, 99, 'image/png' FROM musicbrainz.release"
        " WHERE gid = %(gid)s",
        image=shared,
        gid=release,
    )
    for entity_type, gid in (("release", release), ("event", event)):
        owner = (await owners.read(database, entity_type, [shared]))[shared]
        assert owner is not None
        assert (owner.entity_type, owner.gid) == (entity_type, gid)


@pytest.mark.parametrize("image_id", [UNKNOWN, 0, -1, owners.LARGEST_ID, 10**30])
async def test_an_id_that_nobody_has(database: Database, image_id: int) -> None:
    assert await owners.read(database, "release", [image_id]) == {image_id: None}


async def test_known_and_unknown_ids_together(database: Database, world: World) -> None:
    gid = world.releases.with_art[0]
    found = await owners.read(database, "release", [*world.images[gid], UNKNOWN])
    assert found.pop(UNKNOWN) is None
    assert {owner.gid for owner in found.values() if owner} == {gid}


async def test_nothing_is_asked_about_nothing(database: Database) -> None:
    assert await owners.read(database, "release", []) == {}


async def test_an_unknown_mime_type_equals_no_suffix(
    database: Database, world: World, rows: Rows
) -> None:
    image_id = world.images[world.releases.with_art[0]][0]
    without_keys(rows, ARCHIVES["release"])
    rows.run(
        f"UPDATE {ARCHIVES['release']} SET mime_type = 'image/webp' WHERE id = %(id)s", id=image_id
    )
    owner = (await owners.read(database, "release", [image_id]))[image_id]
    assert owner is not None
    assert owner.suffix == "image/webp"


async def test_an_image_whose_release_is_gone_has_no_owner(
    database: Database, world: World, rows: Rows
) -> None:
    image_id = world.images[world.releases.with_art[0]][0]
    without_keys(rows, ARCHIVES["release"])
    rows.run(f"UPDATE {ARCHIVES['release']} SET release = 0 WHERE id = %(id)s", id=image_id)
    assert await owners.read(database, "release", [image_id]) == {image_id: None}


async def test_a_transaction_sees_what_it_wrote_itself(database: Database, world: World) -> None:
    image_id = world.images[world.releases.with_art[0]][0]
    async with database.transaction() as connection:
        await connection.execute(
            f"DELETE FROM {ARCHIVES['release']} WHERE id = %(id)s".encode(), {"id": image_id}
        )
        assert await owners.read_on(connection, "release", [image_id]) == {image_id: None}


@pytest.mark.parametrize("entity_type", ["release", "event"])
async def test_what_was_merged_into_entities(
    database: Database, world: World, entity_type: str
) -> None:
    merged = entities_of(world, entity_type).merged
    wanted: dict[str, list[str]] = {}
    for gid, target in merged.items():
        wanted.setdefault(target, []).append(gid)
    left_out = next(iter(merged))
    wanted[merged[left_out]].remove(left_out)
    found = await owners.read_redirects(database, entity_type, wanted, without=left_out)
    assert found == {gid: tuple(sorted(gids)) for gid, gids in wanted.items() if gids}
    assert await owners.read_redirects(database, entity_type, [], without=left_out) == {}
