"""The sample world: complete, the same for a seed, and loadable on a mirror."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from lxml import etree
from psycopg import AsyncConnection

from artwork_indexer.sandbox.schema import musicbrainz_schema
from artwork_indexer.sandbox.webservice import KINDS
from artwork_indexer.sandbox.world import World, build
from artwork_indexer.sandbox.world_art import image_id
from artwork_indexer.sandbox.world_names import SCENES

Connection = AsyncConnection[tuple[Any, ...]]


@pytest.fixture
async def connection(musicbrainz_url: str) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(musicbrainz_url) as connection:
        yield connection


async def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.encode())).fetchall()


async def column(connection: Connection, query: str) -> set[Any]:
    return {row[0] for row in await rows(connection, query)}


async def built(connection: Connection, *, releases: int = 300, events: int = 40) -> World:
    world = await build(connection, releases=releases, events=events)
    await connection.commit()
    return world


async def test_counts_and_kinds_match_the_rows(connection: Connection) -> None:
    world = await built(connection, releases=120, events=50)
    for entities, entity_type, art, listed in (
        (world.releases, "release", "cover_art_archive.cover_art", 120),
        (world.events, "event", "event_art_archive.event_art", 50),
    ):
        gid = f"SELECT gid::text FROM musicbrainz.{entity_type} AS entity"
        has_art = f"EXISTS (SELECT 1 FROM {art} AS art WHERE art.{entity_type} = entity.id)"
        presence = f"{art.partition('.')[2]}_presence"
        meta = f" JOIN musicbrainz.{entity_type}_meta AS meta USING (id) WHERE {presence}"
        assert len(entities.live) == listed
        assert await column(connection, gid) == set(entities.live)
        for state, art_there, expected in (
            ("present", has_art, entities.with_art),
            ("absent", f"NOT {has_art}", entities.without_art),
            ("darkened", has_art, entities.darkened),
            ("darkened", f"NOT {has_art}", entities.darkened_without_rows),
        ):
            assert expected
            found = await column(connection, f"{gid}{meta} = '{state}' AND {art_there}")
            assert found == set(expected)
        redirects = await rows(
            connection,
            "SELECT redirect.gid::text, entity.gid::text"
            f" FROM musicbrainz.{entity_type}_gid_redirect AS redirect"
            f" JOIN musicbrainz.{entity_type} AS entity ON entity.id = new_id",
        )
        assert dict(redirects) == dict(entities.merged) != {}
        assert {target in entities.with_art for target in entities.merged.values()} == {True, False}
        assert not {*entities.deleted} & {*entities.live, *entities.merged}


async def test_images_in_display_order_with_ids_of_their_upload_time(
    connection: Connection,
) -> None:
    world = await built(connection)
    found: dict[str, list[int]] = {}
    for archive, entity_type, art in (
        ("cover_art_archive", "release", "cover_art"),
        ("event_art_archive", "event", "event_art"),
    ):
        for gid, id_, uploaded in await rows(
            connection,
            f"SELECT entity.gid::text, art.id, date_uploaded FROM {archive}.{art} AS art"
            f" JOIN musicbrainz.{entity_type} AS entity ON entity.id = art.{entity_type}"
            " ORDER BY art.ordering",
        ):
            found.setdefault(gid, []).append(id_)
            assert abs(id_ - image_id(uploaded)) <= 1
    assert {gid: tuple(ids) for gid, ids in found.items()} == dict(world.images)


def test_image_id_of_a_known_upload() -> None:
    assert image_id(datetime(2012, 4, 30, 22, 15, 23, 420000, tzinfo=UTC)) == 829521842
    assert image_id(datetime(2026, 1, 1, tzinfo=UTC)) > 2**32


async def test_variety(connection: Connection) -> None:
    await built(connection)
    release = "FROM musicbrainz.release"
    assert await column(connection, f"SELECT status {release}") >= {1, 2, 6, None}
    assert await column(connection, f"SELECT coalesce(length(barcode), -1) {release}") == {
        -1,
        0,
        13,
    }
    assert len(await column(connection, f"SELECT language {release}")) == len(SCENES) + 1
    assert await column(connection, "SELECT artist_count FROM musicbrainz.artist_credit") == {1, 2}
    assert await column(
        connection, "SELECT name <> (SELECT name FROM musicbrainz.artist WHERE id = artist)"
        " FROM musicbrainz.artist_credit_name"
    ) == {True, False}  # fmt: skip
    assert len(await column(connection, "SELECT mime_type FROM cover_art_archive.cover_art")) == 4
    assert await column(
        connection,
        "SELECT (edit.close_time IS NULL) = (art.edits_pending = 1)"
        " FROM cover_art_archive.cover_art AS art JOIN musicbrainz.edit ON edit.id = art.edit",
    ) == {True}
    assert await column(connection, "SELECT approved FROM cover_art_archive.index_listing") == {
        True,
        False,
    }
    assert await column(
        connection,
        "SELECT num_nulls(date_year, date_month, date_day) FROM musicbrainz.release_event",
    ) == {0, 1, 2, 3}
    assert await column(connection, "SELECT cancelled FROM musicbrainz.event") == {True, False}
    assert await column(connection, "SELECT setlist IS NULL FROM musicbrainz.event") == {
        True,
        False,
    }


async def test_every_document_is_well_formed(connection: Connection) -> None:
    world = await built(connection)
    for entity_type, entities in (("release", world.releases), ("event", world.events)):
        kind = KINDS[entity_type]
        for gid in (*entities.live, *entities.merged):
            cursor = await connection.execute(kind.query, {"gid": gid})
            row = await cursor.fetchone()
            assert row is not None
            document = etree.fromstring(kind.render(row[0], kind.includes))
            assert document[0].get("id") == entities.merged.get(gid, gid)


async def test_same_seed_gives_the_same_world_and_another_seed_another(
    connection: Connection,
) -> None:
    worlds = []
    for seed in (1, 1, 2):
        worlds.append(await build(connection, releases=30, events=10, seed=seed))
        await connection.rollback()
    assert worlds[0] == worlds[1]
    assert set(worlds[0].releases.live).isdisjoint(worlds[2].releases.live)


async def test_rows_without_explicit_ids_go_behind(connection: Connection) -> None:
    await built(connection, releases=3, events=2)
    await connection.execute(
        "INSERT INTO musicbrainz.event (gid, name)"
        " VALUES ('e2aad65a-12e0-44ec-b693-94d225154e90', 'E')"
    )
    assert await column(connection, "SELECT max(id) FROM musicbrainz.event") == {3}


async def test_mirror_holds_the_same_world_without_edits(
    connection: Connection, bare_database_url: str
) -> None:
    world = await built(connection, releases=40)
    async with await psycopg.AsyncConnection.connect(bare_database_url) as mirror:
        await mirror.execute(musicbrainz_schema(mirror=True).encode())
        assert await build(mirror, releases=40, mirror=True) == world
        for query in (
            "SELECT * FROM musicbrainz.release_first_release_date ORDER BY release",
            "SELECT id, amazon_asin, cover_art_presence FROM musicbrainz.release_meta ORDER BY id",
            "SELECT id, event_art_presence FROM musicbrainz.event_meta ORDER BY id",
            "SELECT id, release, ordering, edit FROM cover_art_archive.cover_art ORDER BY id",
        ):
            assert await rows(mirror, query) == await rows(connection, query)
        assert await rows(mirror, "SELECT id FROM musicbrainz.edit") == []
        assert await column(mirror, "SELECT approved FROM cover_art_archive.index_listing") == {
            False
        }
