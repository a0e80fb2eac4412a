"""The MusicBrainz slice: what MusicBrainz itself does when rows change."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import Connection, sql
from psycopg.rows import scalar_row

from artwork_indexer.cli.sandbox import sandbox
from artwork_indexer.sandbox.schema import musicbrainz_schema

RELEASE = "16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
EVENT = "e2aad65a-12e0-44ec-b693-94d225154e90"

FIXTURE = f"""
INSERT INTO musicbrainz.area (id, gid, name) VALUES
    (222, '489ce91b-6658-3307-9877-795b68554c98', 'United States'),
    (221, '8a754a16-0027-3a29-b6d7-2b40ea0481ed', 'United Kingdom');
INSERT INTO musicbrainz.country_area (area) VALUES (221), (222);
INSERT INTO musicbrainz.editor (id, name, email_confirm_date, password, ha1) VALUES
    (1, 'confirmed', '2000-01-01', '', ''), (2, 'unconfirmed', NULL, '', ''),
    (3, 'future', now() + interval '1 day', '', '');
INSERT INTO musicbrainz.edit (id, editor, type, status, expire_time) VALUES
    (1, 1, 314, 2, now()), (2, 1, 314, 2, now()), (3, 1, 158, 2, now());
INSERT INTO musicbrainz.artist (id, gid, name, sort_name) VALUES
    (1, 'ae859a2d-5754-4e88-9af0-6df263345535', '💿 ❇', 'x');
INSERT INTO musicbrainz.artist_credit (id, name, artist_count, gid) VALUES
    (1, 'Other', 1, '949a7fd5-fe73-3e8f-922e-01ff4ca958f7');
INSERT INTO musicbrainz.artist_credit_name (artist_credit, position, artist, name)
    VALUES (1, 0, 1, 'Other');
INSERT INTO musicbrainz.release_group (id, gid, name, artist_credit) VALUES
    (1, '3b4e0c8c-3cd2-3b3c-8c4b-1c2a1d7b9f10', 'R', 1);
INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group) VALUES
    (1, '{RELEASE}', 'R1', 1, 1), (2, '2198f7b1-658c-4217-8cae-f63abe0b2391', 'R2', 1, 1);
INSERT INTO musicbrainz.release_country (release, country, date_year, date_month) VALUES
    (1, 222, 1989, 10), (2, 222, 1991, NULL);
INSERT INTO cover_art_archive.cover_art
    (id, release, mime_type, ordering, comment, edit) VALUES
    (1, 1, 'image/jpeg', 1, '❇', 1), (9876543210, 1, 'image/png', 2, '', 2);
INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (1, 1);
INSERT INTO musicbrainz.event (id, gid, name, begin_date_year, end_date_year, time, type) VALUES
    (1, '{EVENT}', 'E1', 1990, 1990, '20:00', 1),
    (2, 'a0f19ff3-e140-417f-81c6-2a7466eeea0a', 'E2', 1991, 1991, '21:00', 1);
INSERT INTO event_art_archive.event_art
    (id, event, mime_type, ordering, comment, edit) VALUES (1, 1, 'image/jpeg', 1, 'hello', 3);
INSERT INTO event_art_archive.event_art_type (id, type_id) VALUES (1, 1);
"""


class Database:
    """A connection that commits each statement, as an editor's request does."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def run(self, statement: str) -> None:
        self.connection.execute(statement.encode())

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query.encode()).fetchall()

    def value(self, query: str) -> object:
        with self.connection.cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(query.encode()).fetchone()


@pytest.fixture
def empty(bare_database_url: str) -> Iterator[Database]:
    with psycopg.connect(bare_database_url, autocommit=True) as connection:
        yield Database(connection)


@pytest.fixture
def database(musicbrainz_url: str) -> Iterator[Database]:
    with psycopg.connect(musicbrainz_url, autocommit=True) as connection:
        connection.execute(FIXTURE.encode())
        yield Database(connection)


@pytest.fixture
def mirror(empty: Database) -> Database:
    empty.run(musicbrainz_schema(mirror=True))
    return empty


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


def orderings(database: Database, release: int) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT id, ordering FROM cover_art_archive.cover_art"
        f" WHERE release = {release} ORDER BY ordering"
    )


def test_ordering_is_renumbered_at_commit_and_not_before(database: Database) -> None:
    with database.connection.transaction():
        database.run("UPDATE cover_art_archive.cover_art SET ordering = 7 WHERE id = 1")
        assert orderings(database, 1) == [(9876543210, 2), (1, 7)]
    assert orderings(database, 1) == [(9876543210, 1), (1, 2)]


def test_ordering_is_renumbered_on_both_sides_of_a_move(database: Database) -> None:
    database.run(
        "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
        " VALUES (3, 2, 'image/gif', 5, 1)"
    )
    assert orderings(database, 2) == [(3, 1)]
    database.run("UPDATE cover_art_archive.cover_art SET release = 2, ordering = 9 WHERE id = 1")
    assert orderings(database, 1) == [(9876543210, 1)]
    assert orderings(database, 2) == [(3, 1), (1, 2)]


def test_ordering_is_renumbered_after_a_delete(database: Database) -> None:
    database.run("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    assert orderings(database, 1) == [(9876543210, 1)]


def test_event_art_tie_is_renumbered(database: Database) -> None:
    database.run(
        "INSERT INTO event_art_archive.event_art (id, event, mime_type, ordering, edit)"
        " VALUES (3, 1, 'image/jpeg', 1, 3)"
    )
    assert database.rows(
        "SELECT id, ordering FROM event_art_archive.event_art ORDER BY ordering"
    ) == [(1, 1), (3, 2)]


@pytest.mark.parametrize(
    ("art", "entity", "meta"),
    [
        ("cover_art_archive.cover_art", "release", "musicbrainz.release_meta"),
        ("event_art_archive.event_art", "event", "musicbrainz.event_meta"),
    ],
)
def test_presence_follows_the_rows(database: Database, art: str, entity: str, meta: str) -> None:
    column = "cover_art_presence" if entity == "release" else "event_art_presence"
    presence = f"SELECT {column}::text FROM {meta} ORDER BY id"
    assert database.rows(presence) == [("present",), ("absent",)]
    database.run(f"DELETE FROM {art} WHERE id = 1")
    expected = "present" if entity == "release" else "absent"
    assert database.rows(presence) == [(expected,), ("absent",)]
    database.run(f"DELETE FROM {art}")
    assert database.rows(presence) == [("absent",), ("absent",)]
    database.run(f"UPDATE {meta} SET {column} = 'darkened' WHERE id = 2")
    with pytest.raises(psycopg.errors.RaiseException, match="darkened"):
        database.run(
            f"INSERT INTO {art} (id, {entity}, mime_type, ordering, edit)"
            " VALUES (5, 2, 'image/jpeg', 1, 1)"
        )


def test_deleting_a_release_takes_its_art_along(database: Database) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.run("DELETE FROM musicbrainz.release WHERE id = 1")
    database.run("DELETE FROM musicbrainz.release_country WHERE release = 1")
    database.run("DELETE FROM musicbrainz.release WHERE id = 1")
    for table, column in (
        ("cover_art_archive.cover_art", "release"),
        ("musicbrainz.release_meta", "id"),
        ("musicbrainz.release_first_release_date", "release"),
    ):
        assert database.value(f"SELECT count(*) FROM {table} WHERE {column} = 1") == 0
    assert database.value("SELECT count(*) FROM cover_art_archive.cover_art_type") == 0


def test_deleting_an_event_takes_its_art_along(database: Database) -> None:
    database.run("DELETE FROM musicbrainz.event WHERE id = 1")
    assert database.value("SELECT count(*) FROM event_art_archive.event_art_type") == 0
    assert database.value("SELECT count(*) FROM musicbrainz.event_meta") == 1


def first_date(database: Database, release: int = 1) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT year, month, day FROM musicbrainz.release_first_release_date"
        f" WHERE release = {release}"
    )


def test_first_release_date_is_the_earliest_known(database: Database) -> None:
    assert first_date(database) == [(1989, 10, None)]
    database.run("INSERT INTO musicbrainz.release_unknown_country VALUES (1, 1989, 9, 30)")
    assert first_date(database) == [(1989, 9, 30)]
    database.run("UPDATE musicbrainz.release_unknown_country SET date_year = NULL")
    assert first_date(database) == [(1989, 10, None)]
    database.run("DELETE FROM musicbrainz.release_country WHERE release = 1")
    assert first_date(database) == [(None, 9, 30)]
    database.run("DELETE FROM musicbrainz.release_unknown_country")
    assert first_date(database) == []


def test_first_release_date_follows_a_moved_release_event(database: Database) -> None:
    database.run("DELETE FROM musicbrainz.release_country WHERE release = 2")
    database.run("UPDATE musicbrainz.release_country SET release = 2")
    assert (first_date(database, 1), first_date(database, 2)) == ([], [(1989, 10, None)])


def test_first_release_date_is_written_anew_even_if_it_stays_the_same(database: Database) -> None:
    place = "SELECT ctid::text FROM musicbrainz.release_first_release_date WHERE release = 1"
    before = database.value(place)
    database.run("INSERT INTO musicbrainz.release_country VALUES (1, 221, 1995, NULL, NULL)")
    assert first_date(database) == [(1989, 10, None)]
    assert database.value(place) != before


def test_cancelled_release_has_no_first_release_date(database: Database) -> None:
    place = "SELECT ctid::text FROM musicbrainz.release_first_release_date WHERE release = 1"
    before = database.value(place)
    database.run("UPDATE musicbrainz.release SET status = 1 WHERE id = 1")
    assert database.value(place) == before
    database.run("UPDATE musicbrainz.release SET status = 6 WHERE id = 1")
    assert first_date(database) == []
    database.run("INSERT INTO musicbrainz.release_country VALUES (1, 221, 1985, NULL, NULL)")
    assert first_date(database) == []
    database.run("UPDATE musicbrainz.release SET status = NULL WHERE id = 1")
    assert first_date(database) == [(1985, None, None)]


def test_release_event_view_unites_both_tables(database: Database) -> None:
    database.run("INSERT INTO musicbrainz.release_unknown_country VALUES (1, 2001, NULL, NULL)")
    assert database.rows(
        "SELECT country, date_year FROM musicbrainz.release_event WHERE release = 1 ORDER BY 2"
    ) == [(222, 1989), (None, 2001)]


def test_end_date_implies_ended(database: Database) -> None:
    assert database.value("SELECT bool_and(ended) FROM musicbrainz.event") is True
    database.run("UPDATE musicbrainz.artist SET end_date_year = 2001")
    assert database.value("SELECT ended FROM musicbrainz.artist") is True


def test_merge_leaves_a_redirect_that_holds_its_target(database: Database) -> None:
    with database.connection.transaction():
        database.run("UPDATE cover_art_archive.cover_art SET release = 2, ordering = ordering + 1")
        database.run("UPDATE musicbrainz.release_meta SET cover_art_presence = 'present'")
        database.run("DELETE FROM musicbrainz.release_country WHERE release = 2")
        database.run("UPDATE musicbrainz.release_country SET release = 2 WHERE release = 1")
        database.run(
            f"INSERT INTO musicbrainz.release_gid_redirect (gid, new_id) VALUES ('{RELEASE}', 2)"
        )
        database.run("DELETE FROM musicbrainz.release WHERE id = 1")
    assert orderings(database, 2) == [(1, 1), (9876543210, 2)]
    database.run("DELETE FROM musicbrainz.release_country")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.run("DELETE FROM musicbrainz.release WHERE id = 2")


@pytest.mark.parametrize("editor", [2, 3, 4])
def test_edit_needs_an_editor_with_a_confirmed_address(database: Database, editor: int) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="no confirmed e-mail address"):
        database.run(
            "INSERT INTO musicbrainz.edit (editor, type, status, expire_time)"
            f" VALUES ({editor}, 314, 1, now())"
        )


def test_index_listing_of_a_release(database: Database) -> None:
    database.run("INSERT INTO cover_art_archive.cover_art_type VALUES (9876543210, 1)")
    database.run("INSERT INTO cover_art_archive.cover_art_type VALUES (9876543210, 2)")
    database.run("UPDATE musicbrainz.edit SET close_time = now() WHERE id = 2")
    assert database.rows(
        "SELECT id, approved, is_front, is_back, ARRAY(SELECT unnest(types) ORDER BY 1)"
        " FROM cover_art_archive.index_listing ORDER BY ordering"
    ) == [
        (1, False, True, False, ["Front"]),
        (9876543210, True, False, True, ["Back", "Front"]),
    ]


def test_index_listing_of_an_event_knows_no_back(database: Database) -> None:
    database.run(
        "INSERT INTO event_art_archive.event_art (id, event, mime_type, ordering, edit)"
        " VALUES (2, 2, 'image/jpeg', 1, 3)"
    )
    cursor = database.connection.execute(
        "SELECT * FROM event_art_archive.index_listing ORDER BY id"
    )
    assert cursor.description is not None
    assert [column.name for column in cursor.description][-3:] == ["approved", "is_front", "types"]
    assert [row[-3:] for row in cursor] == [(False, True, ["Poster"]), (False, False, [])]


def test_mirror_lists_art_although_no_edit_was_replicated(mirror: Database) -> None:
    mirror.run(
        "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
        " VALUES (1, 77, 'image/jpeg', 3, 12345)"
    )
    assert mirror.rows(
        "SELECT edit, ordering, approved, types FROM cover_art_archive.index_listing"
    ) == [(12345, 3, False, [])]
