"""Fields out of rows are those of the web service's document."""

from __future__ import annotations

from psycopg import AsyncConnection

from artwork_indexer.database import Database
from artwork_indexer.projects import PROJECTS
from artwork_indexer.sandbox.webservice import KINDS
from artwork_indexer.sandbox.world import World
from audit import expected, xml_fields
from audit.states import ArtworkFlags, ReleaseFields, fields_digest
from tests.audit.expected_fixtures import entities_of, every, read_one
from tests.queue_fixtures import Rows

pytest_plugins = ["tests.audit.expected_plugin"]


async def test_fields_are_those_of_the_document_in_the_whole_world(
    database: Database, world: World, world_url: str
) -> None:
    states = await expected.read(database, every(world))
    compared = 0
    async with await AsyncConnection.connect(world_url) as connection:
        for project in PROJECTS:
            kind = KINDS[project.entity_type]
            of = entities_of(world, project.entity_type)
            for gid in of.with_art + of.without_art:
                row = await (await connection.execute(kind.query, {"gid": gid})).fetchone()
                assert row is not None
                document = xml_fields.parse(project, kind.render(row[0], kind.includes))
                fields = states[project.entity_type, gid].fields
                assert document.gid == gid
                assert document.fields == fields
                assert fields_digest(document.fields) == fields_digest(fields)
                compared += 1
    assert compared == len(world.releases.with_art + world.releases.without_art) + len(
        world.events.with_art + world.events.without_art
    )


async def test_a_barcode_of_none_is_not_an_unknown_one(
    database: Database, world: World, rows: Rows
) -> None:
    none, unknown = world.releases.with_art[:2]
    rows.run("UPDATE musicbrainz.release SET barcode = '' WHERE gid = %(gid)s", gid=none)
    rows.run("UPDATE musicbrainz.release SET barcode = NULL WHERE gid = %(gid)s", gid=unknown)
    barcodes = []
    for gid in (none, unknown):
        fields = (await read_one(database, gid)).fields
        assert isinstance(fields, ReleaseFields)
        barcodes.append(fields.barcode)
    assert barcodes == ["", None]


async def test_a_language_without_a_code_of_part_3_has_that_of_part_2(
    database: Database, world: World, rows: Rows
) -> None:
    gid = world.releases.with_art[0]
    rows.run("UPDATE musicbrainz.language SET iso_code_3 = NULL, iso_code_2t = 'roh' WHERE id = 1")
    rows.run("UPDATE musicbrainz.release SET language = 1 WHERE gid = %(gid)s", gid=gid)
    fields = (await read_one(database, gid)).fields
    assert isinstance(fields, ReleaseFields)
    assert fields.language == "roh"


async def test_an_entity_without_art_has_no_artwork(database: Database, world: World) -> None:
    gid = world.releases.without_art[0]
    fields = (await read_one(database, gid)).fields
    assert isinstance(fields, ReleaseFields)
    assert fields.artwork == ArtworkFlags(
        artwork=False, count=0, front=False, back=False, darkened=False
    )
