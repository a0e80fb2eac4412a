"""Installing, upgrading and refusing: fresh, adopted, half done, edited, too new, busy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from artwork_indexer.errors import Refused, Unreachable
from artwork_indexer.migration_files import Migration, SchemaFiles, schema_files
from artwork_indexer.migration_state import Connection
from artwork_indexer.migrations import (
    connect,
    migrate,
    migrate_database,
    pending,
    sql_text,
    status,
)
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.schema import musicbrainz_schema
from artwork_indexer.triggers import all_triggers
from tests.schema_dump import schema_dump

LEGACY: Final = (Path(__file__).parent / "fixtures" / "legacy_schema.sql").read_text("utf-8")
THEIR_COLUMNS: Final = (
    "SELECT id, state, entity_type, action, message, depends_on, created, attempts, last_updated"
    "  FROM artwork_indexer.event_queue ORDER BY id"
)

NewDatabase = Callable[[str | None], str]


def run(conninfo: str, statements: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(statements.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def legacy_url(musicbrainz_url: str) -> str:
    run(musicbrainz_url, LEGACY)
    return musicbrainz_url


@pytest.fixture
def connection(musicbrainz_url: str) -> Iterator[Connection]:
    with connect(musicbrainz_url) as it:
        yield it


def with_migration(text: str, version: int = 9999) -> SchemaFiles:
    files = schema_files()
    extra = Migration(version, f"{version}_extra", text)
    return replace(files, migrations=(*files.migrations, extra))


def names_of_tables(connection: Connection) -> set[str]:
    rows = connection.execute(
        "SELECT relname::text FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = to_regnamespace('artwork_indexer')"
    )
    return {row["relname"] for row in rows}


# --- fresh


def test_a_fresh_install_has_everything_and_a_second_run_does_nothing(
    connection: Connection,
) -> None:
    assert migrate(connection)[0] == "0001_event_queue"
    assert migrate(connection) == []
    assert pending(connection) == []
    assert {line.state for line in status(connection)} == {"applied"}
    assert sql_text(connection) == "-- Nothing to do.\n"


def test_a_second_run_takes_no_lock_on_a_table_of_musicbrainz(connection: Connection) -> None:
    migrate(connection)
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as editor:
        editor.execute("LOCK musicbrainz.release, cover_art_archive.cover_art")
        assert migrate(connection, lock_timeout="50ms") == []


def test_a_trigger_that_was_dropped_comes_back(connection: Connection) -> None:
    migrate(connection)
    connection.execute("DROP TRIGGER artwork_indexer_a_upd_artist ON musicbrainz.artist")
    assert status(connection)[-2].state == "pending"
    assert migrate(connection) == ["trigger artwork_indexer_a_upd_artist"]


def test_a_changed_function_file_is_run_again(connection: Connection) -> None:
    migrate(connection)
    files = schema_files()
    first, *others = files.functions
    changed = replace(first, text=first.text + "\n-- changed\n")
    newer = replace(files, functions=(changed, *others))
    assert migrate(connection, files=newer) == [first.name]
    assert migrate(connection, files=newer) == []


def test_the_printed_sql_makes_the_same_schema(
    new_database: NewDatabase, musicbrainz_template: str
) -> None:
    printed, migrated = (new_database(musicbrainz_template) for _ in range(2))
    with connect(printed) as connection:
        run(printed, sql_text(connection))
        assert pending(connection) == []
    migrate_database(migrated)
    assert schema_dump(printed) == schema_dump(migrated)


def test_works_for_an_owner_who_is_not_superuser(postgres: Server, bare_database_url: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(bare_database_url)["dbname"]
    with role(postgres, "CREATEROLE") as owner:
        run(postgres.dsn, f'ALTER DATABASE "{name}" OWNER TO {owner}')
        conninfo = make_conninfo(bare_database_url, user=owner, password="secret")
        run(conninfo, musicbrainz_schema())
        migrate_database(conninfo)
        assert migrate_database(conninfo) == []
        run(conninfo, "UPDATE musicbrainz.artist SET name = name")
        postgres.drop_database(str(name))


@contextmanager
def role(postgres: Server, options: str = "") -> Iterator[str]:
    name = "somebody"
    run(postgres.dsn, f"DROP ROLE IF EXISTS {name}")
    run(postgres.dsn, f"CREATE ROLE {name} LOGIN PASSWORD 'secret' {options}")
    try:
        yield name
    finally:
        run(postgres.dsn, f"DROP ROLE {name}")


# --- the existing daemon's schema


def test_an_existing_queue_is_adopted_without_losing_a_row(legacy_url: str) -> None:
    before = run(legacy_url, THEIR_COLUMNS)
    steps = migrate_database(legacy_url)
    assert steps[0] == "0001_event_queue (adopted)"
    assert run(legacy_url, THEIR_COLUMNS) == before
    assert run(legacy_url, "SELECT count(*) FROM artwork_indexer.event_failure_reason") == [(2,)]
    with connect(legacy_url) as connection:
        assert status(connection)[0].state == "adopted"


def test_rows_of_the_existing_daemon_keep_their_meaning(legacy_url: str) -> None:
    migrate_database(legacy_url)
    assert run(
        legacy_url,
        "SELECT id, waits_for::text, run_after - last_updated FROM artwork_indexer.event_queue"
        " WHERE state = 'queued' AND run_after = last_updated + attempts * interval '1 h'"
        " AND (waits_for IS NULL) = (run_after <= now()) ORDER BY id",
    ) == run(
        legacy_url,
        "VALUES (5::bigint, 'time', interval '2 h'), (6, NULL, '0'), (7, NULL, interval '1 h')",
    )
    assert run(
        legacy_url,
        "SELECT id FROM artwork_indexer.event_queue WHERE state = 'running'"
        " AND claimed_at = CASE id WHEN 3 THEN last_updated ELSE created END ORDER BY id",
    ) == [(3,), (4,)]


def test_fresh_and_upgraded_are_equal(legacy_url: str, database_url: str) -> None:
    migrate_database(legacy_url)
    run(legacy_url, "DROP FUNCTION artwork_indexer.helper_of_theirs(integer)")
    assert schema_dump(legacy_url) == schema_dump(database_url)


def test_the_printed_sql_upgrades_an_existing_queue(legacy_url: str, database_url: str) -> None:
    before = run(legacy_url, THEIR_COLUMNS)
    run(legacy_url, "DROP FUNCTION artwork_indexer.helper_of_theirs(integer)")
    with connect(legacy_url) as connection:
        run(legacy_url, sql_text(connection))
        assert pending(connection) == []
    assert schema_dump(legacy_url) == schema_dump(database_url)
    assert run(legacy_url, THEIR_COLUMNS) == before


def test_other_names_of_constraints_and_missing_indexes_end_equal(
    legacy_url: str, database_url: str
) -> None:
    run(
        legacy_url,
        "ALTER TABLE artwork_indexer.event_queue RENAME CONSTRAINT event_queue_pkey TO pk;"
        "ALTER TABLE artwork_indexer.event_failure_reason"
        " RENAME CONSTRAINT event_failure_reason_fk_event TO fk;"
        "DROP INDEX artwork_indexer.event_queue_idx_state_created;"
        "DROP FUNCTION artwork_indexer.helper_of_theirs(integer)",
    )
    migrate_database(legacy_url)
    assert schema_dump(legacy_url) == schema_dump(database_url)


def test_what_is_not_ours_is_left_alone(legacy_url: str) -> None:
    migrate_database(legacy_url)
    assert run(legacy_url, "SELECT artwork_indexer.helper_of_theirs(3)") == [(3,)]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            "ALTER TABLE artwork_indexer.event_queue DROP COLUMN depends_on",
            "column event_queue.depends_on is missing",
        ),
        (
            (
                "ALTER TYPE artwork_indexer.event_queue_action"
                " RENAME VALUE 'copy_image' TO 'move_image'"
            ),
            "type event_queue_action is (index, move_image,",
        ),
        (
            "ALTER TABLE artwork_indexer.event_queue ALTER attempts TYPE integer",
            "column event_queue.attempts is (integer NOT NULL) instead of (smallint NOT NULL)",
        ),
        (
            "DROP INDEX artwork_indexer.event_queue_idx_queued_uniq",
            "index event_queue_idx_queued_uniq is missing",
        ),
        ("DROP TABLE artwork_indexer.event_failure_reason", "event_failure_reason.event"),
    ],
)
def test_another_schema_of_that_name_is_refused_untouched(
    legacy_url: str, change: str, named: str
) -> None:
    run(legacy_url, change)
    before = schema_dump(legacy_url)
    with pytest.raises(Refused) as refusal:
        migrate_database(legacy_url)
    assert named in str(refusal.value)
    assert schema_dump(legacy_url) == before


# --- what goes wrong on the way


def test_a_half_applied_migration_leaves_nothing(connection: Connection) -> None:
    files = with_migration("CREATE TABLE artwork_indexer.half (id integer);\nSELECT 1 / 0;\n")
    with pytest.raises(Refused, match="9999_extra, and this step left nothing behind"):
        migrate(connection, files=files)
    assert "half" not in names_of_tables(connection)
    assert [line.state for line in status(connection, files=files)][:2] == ["applied"] * 2
    assert status(connection, files=files)[-1].state == "pending"
    assert migrate(connection)[0].startswith("functions/"), "and the way on is open"


def test_an_edited_migration_is_refused(connection: Connection) -> None:
    migrate(connection)
    files = schema_files()
    first, *others = files.migrations
    edited = replace(files, migrations=(replace(first, text=first.text + "--"), *others))
    with pytest.raises(Refused, match="0001_event_queue is not the one that was applied"):
        migrate(connection, files=edited)
    assert status(connection, files=edited)[0].state == "changed"


def test_a_schema_newer_than_the_program_is_refused(connection: Connection) -> None:
    migrate(connection, files=with_migration("SELECT 1;\n"))
    with pytest.raises(Refused, match="newer than this program") as refusal:
        migrate(connection)
    assert refusal.value.exit_code == 4
    assert "9999_extra" in [line.name for line in status(connection) if line.state == "unknown"]


def test_two_at_once(musicbrainz_url: str) -> None:
    results: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: results.append(migrate_database(musicbrainz_url)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    steps = sorted(results[0] + results[1])
    assert len(steps) == len(set(steps)), "every step is done once"
    assert sum(step.startswith("trigger ") for step in steps) == len(all_triggers())


def test_a_lock_of_musicbrainz_is_not_waited_for_long(
    connection: Connection, musicbrainz_url: str
) -> None:
    with psycopg.connect(musicbrainz_url) as editor:
        editor.execute("UPDATE musicbrainz.artist SET name = name")
        with pytest.raises(Unreachable, match=r"artwork_indexer_a_upd_artist.*migrate` again"):
            migrate(connection, lock_timeout="50ms")
        editor.rollback()
    assert migrate(connection)[0] == "trigger artwork_indexer_a_upd_artist"


def test_the_connection_has_to_be_possible(musicbrainz_url: str) -> None:
    with pytest.raises(Unreachable, match="cannot be reached"):
        migrate_database(make_conninfo(musicbrainz_url, dbname="no_such_database"))


# --- where it does not belong


def test_a_mirror_gets_no_triggers(bare_database_url: str) -> None:
    run(bare_database_url, musicbrainz_schema(mirror=True))
    before = schema_dump(bare_database_url)
    with pytest.raises(Refused, match=r"replication mirror.*--without-triggers"):
        migrate_database(bare_database_url)
    assert schema_dump(bare_database_url) == before
    migrate_database(bare_database_url, with_triggers=False)
    assert migrate_database(bare_database_url, with_triggers=False) == []
    with connect(bare_database_url) as connection:
        assert "event_queue" in names_of_tables(connection)
        assert [line.state for line in status(connection)][-2:] == ["pending", "pending"]
        installed = connection.execute(
            "SELECT FROM pg_trigger WHERE tgname LIKE 'artwork_indexer%'"
        )
        assert installed.fetchall() == []


def test_a_database_without_musicbrainz_is_refused(bare_database_url: str) -> None:
    with pytest.raises(Refused, match="musicbrainz, cover_art_archive, event_art_archive"):
        migrate_database(bare_database_url)
    assert run(bare_database_url, "SELECT to_regnamespace('artwork_indexer')") == [(None,)]


def test_a_missing_table_is_named(connection: Connection) -> None:
    connection.execute("DROP TABLE event_art_archive.event_art_type CASCADE")
    with pytest.raises(Refused, match=r"event_art_archive\.event_art_type is missing"):
        migrate(connection)


def test_a_role_without_rights_is_refused_before_anything_is_written(
    postgres: Server, musicbrainz_url: str
) -> None:
    with role(postgres) as name:
        conninfo = make_conninfo(musicbrainz_url, user=name, password="secret")
        with pytest.raises(Refused, match="somebody may not create a schema"):
            migrate_database(conninfo)
        dbname = psycopg.conninfo.conninfo_to_dict(musicbrainz_url)["dbname"]
        grants = (
            f'GRANT CREATE ON DATABASE "{dbname}" TO {name};'
            f"GRANT USAGE ON SCHEMA musicbrainz, cover_art_archive, event_art_archive TO {name}"
        )
        run(musicbrainz_url, grants)
        with pytest.raises(Refused, match=r"put a trigger on .*cover_art_archive\.cover_art"):
            migrate_database(conninfo)
        assert run(musicbrainz_url, "SELECT to_regnamespace('artwork_indexer')") == [(None,)]
        run(musicbrainz_url, f"DROP OWNED BY {name}")


def test_uninstalling_leaves_musicbrainz_as_it_was(
    new_database: NewDatabase, musicbrainz_template: str
) -> None:
    conninfo, untouched = (new_database(musicbrainz_template) for _ in range(2))
    migrate_database(conninfo)
    uninstall = Path(__file__).parents[1] / "sql" / "uninstall.sql"
    run(conninfo, uninstall.read_text("utf-8"))
    assert schema_dump(conninfo) == schema_dump(untouched)
