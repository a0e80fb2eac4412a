"""The MusicBrainz slice: which tables, keys, triggers and rows it has."""

from __future__ import annotations

import subprocess

import psycopg
from click.testing import CliRunner
from psycopg import sql

from artwork_indexer.cli.sandbox import sandbox
from artwork_indexer.sandbox.schema import musicbrainz_schema
from tests.musicbrainz_fixtures import FIXTURE, Database

pytest_plugins = ["tests.musicbrainz_plugin"]


def count(database: Database, catalogue: str, condition: str) -> object:
    """Objects of our schemas; the conditions use the alias c of pg_class."""
    return database.value(
        f"SELECT count(*) FROM {catalogue} AS o JOIN pg_class AS c ON c.oid = {condition}"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " AND n.nspname IN ('musicbrainz', 'cover_art_archive', 'event_art_archive')"
    )


def test_loads_through_psql_as_an_ordinary_owner(bare_database_url: str) -> None:
    url = bare_database_url
    with psycopg.connect(url, autocommit=True) as connection:
        role_name = f"owner_of_{connection.info.dbname}"
        role = sql.Identifier(role_name)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                sql.Identifier(connection.info.dbname), role
            )
        )
    printed = CliRunner().invoke(sandbox, ["musicbrainz-schema"])
    assert printed.exit_code == 0
    script = f"SET SESSION AUTHORIZATION {role_name};\n" + printed.output
    loaded = subprocess.run(
        ["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", url],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (0, "", "")
    with psycopg.connect(url, autocommit=True) as connection:
        owner = Database(connection).value(
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'musicbrainz'"
        )
        connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))
    assert owner == role_name


def test_loads_without_a_search_path(empty: Database) -> None:
    empty.run("SET search_path = ''")
    empty.run(musicbrainz_schema())
    empty.run(FIXTURE)
    assert empty.value("SELECT count(*) FROM cover_art_archive.index_listing") == 2


def test_command_prints_the_mirror() -> None:
    printed = CliRunner().invoke(sandbox, ["musicbrainz-schema", "--mirror"])
    assert printed.output == musicbrainz_schema(mirror=True)


def test_master_is_recognised_by_name(database: Database) -> None:
    assert (
        database.value("SELECT count(*) FROM pg_constraint WHERE conname = 'cover_art_fk_release'")
        == 1
    )
    triggers = database.rows(
        "SELECT tgname, tgdeferrable, tginitdeferred FROM pg_trigger"
        " WHERE tgname LIKE '%\\_art' OR tgname LIKE '%coverart' ORDER BY tgname"
    )
    assert triggers == [
        ("resquence_cover_art", True, True),
        ("resquence_event_art", True, True),
        ("update_event_art", False, False),
        ("update_release_coverart", False, False),
    ]


def test_mirror_keeps_keys_and_views_and_has_no_foreign_keys_or_triggers(
    database: Database, mirror: Database
) -> None:
    keys = "o.conrelid AND o.contype = 'p'"
    foreign_keys = "o.conrelid AND o.contype = 'f'"
    triggers = "o.tgrelid AND NOT o.tgisinternal"
    assert count(mirror, "pg_constraint", keys) == count(database, "pg_constraint", keys) != 0
    assert count(mirror, "pg_index", "o.indrelid") == count(database, "pg_index", "o.indrelid")
    assert count(mirror, "pg_views", "to_regclass(format('%I.%I', schemaname, viewname))") == 3
    assert count(mirror, "pg_constraint", foreign_keys) == 0
    assert count(database, "pg_constraint", foreign_keys) != 0
    assert count(mirror, "pg_trigger", triggers) == 0
    assert count(database, "pg_trigger", triggers) != 0


def test_every_foreign_key_of_a_big_table_is_named_after_its_column(database: Database) -> None:
    assert database.rows(
        "SELECT conname FROM pg_constraint WHERE contype = 'f'"
        " AND conrelid = 'cover_art_archive.cover_art'::regclass ORDER BY conname"
    ) == [("cover_art_fk_edit",), ("cover_art_fk_mime_type",), ("cover_art_fk_release",)]


def test_reference_rows(database: Database) -> None:
    assert database.rows("SELECT id, name FROM musicbrainz.release_status ORDER BY id") == [
        (1, "Official"), (2, "Promotion"), (3, "Bootleg"), (4, "Pseudo-Release"),
        (5, "Withdrawn"), (6, "Cancelled"),
    ]  # fmt: skip
    assert database.value("SELECT count(*) FROM cover_art_archive.art_type") == 17
    assert database.rows("SELECT id, name FROM event_art_archive.art_type") == [(1, "Poster")]
    assert database.rows(
        "SELECT mime_type, suffix FROM cover_art_archive.image_type ORDER BY suffix"
    ) == [
        ("image/gif", "gif"),
        ("image/jpeg", "jpg"),
        ("application/pdf", "pdf"),
        ("image/png", "png"),
    ]
    assert database.value("SELECT count(*) FROM musicbrainz.replication_control") == 1


def test_sequences_go_on_behind_the_reference_rows(database: Database) -> None:
    for schema, table in (
        ("cover_art_archive", "art_type"),
        ("event_art_archive", "art_type"),
        ("musicbrainz", "release_status"),
        ("musicbrainz", "release_packaging"),
    ):
        database.run(
            f"INSERT INTO {schema}.{table} (name, gid) VALUES ('Panel', gen_random_uuid())"
        )
