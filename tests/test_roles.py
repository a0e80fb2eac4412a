"""The roles of sql/roles.sql may do what the daemon and a dashboard need, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege

from tests.trigger_fixtures import R1, Desk, desk

ROLES: Final = (Path(__file__).parents[1] / "sql" / "roles.sql").read_text("utf-8")
CLAIM: Final = (
    "SELECT id, claims FROM artwork_indexer.claim_events"
    "('worker', 4, interval '1 min', 5, interval '0', true)"
)


@pytest.fixture
def owner(database_url: str) -> Iterator[Desk]:
    """The owner's connection, with the roles and one login for each."""
    with desk(database_url) as it:
        it.load("caa.sql")
        it.sql(ROLES)
        it.sql(ROLES)
        it.sql(
            "CREATE ROLE test_daemon LOGIN PASSWORD 'secret' IN ROLE artwork_indexer;"
            "CREATE ROLE test_board LOGIN PASSWORD 'secret' IN ROLE artwork_indexer_ro"
        )
        yield it
        it.sql(
            "DROP OWNED BY artwork_indexer, artwork_indexer_ro, test_daemon, test_board CASCADE;"
            "DROP ROLE test_daemon, test_board, artwork_indexer, artwork_indexer_ro"
        )


@pytest.fixture
def daemon(owner: Desk, database_url: str) -> Iterator[Desk]:
    owner.sql("SELECT 1")
    with desk(make_conninfo(database_url, user="test_daemon", password="secret")) as it:
        yield it


@pytest.fixture
def board(owner: Desk, database_url: str) -> Iterator[Desk]:
    owner.sql("SELECT 1")
    with desk(make_conninfo(database_url, user="test_board", password="secret")) as it:
        yield it


def test_the_daemon_works_the_queue(owner: Desk, daemon: Desk) -> None:
    owner.sql("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    owner.sql("SELECT artwork_indexer.want_index('release', %s)", R1)
    daemon.sql(
        "INSERT INTO artwork_indexer.deferred_demand (entity_type, artist) VALUES ('release', 2)"
    )
    assert daemon.one("SELECT artwork_indexer.expand_deferred_demand()") == 1
    ((first, claim), *_) = daemon.sql(CLAIM)
    daemon.sql(
        "SELECT artwork_indexer.requeue_event"
        "(%s, 'worker', %s, interval '1 min', 1, false, 'r', 'reason', 'class', 503)",
        first,
        claim,
    )
    daemon.sql("UPDATE artwork_indexer.event_queue SET run_after = now() WHERE id = %s", first)
    ((again, claim),) = daemon.sql(CLAIM)
    assert again == first
    assert daemon.one(
        "SELECT artwork_indexer.fail_event(%s, 'worker', %s, 'reason', 'class', NULL)", first, claim
    )
    daemon.sql("SELECT * FROM artwork_indexer.rescue_events(3)")
    daemon.sql("DELETE FROM artwork_indexer.event_queue WHERE state = 'completed'")
    daemon.sql("INSERT INTO artwork_indexer.service_pause VALUES ('archive', now(), now(), 'r')")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM cover_art_archive.index_listing",
        "SELECT * FROM event_art_archive.index_listing",
        "SELECT id, close_time FROM musicbrainz.edit",
        "SELECT * FROM musicbrainz.release JOIN musicbrainz.release_meta USING (id)",
        "SELECT * FROM musicbrainz.l_event_place",
        "SELECT * FROM musicbrainz.replication_control",
        "SELECT * FROM artwork_indexer.schema_migration",
    ],
)
def test_the_daemon_reads_what_it_needs(daemon: Desk, statement: str) -> None:
    daemon.sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM musicbrainz.editor",
        "SELECT editor FROM musicbrainz.edit",
        "SELECT * FROM musicbrainz.edit_data",
        "UPDATE musicbrainz.release SET name = 'n'",
        "DELETE FROM cover_art_archive.cover_art",
        "INSERT INTO cover_art_archive.cover_art_type VALUES (1, 2)",
        "UPDATE artwork_indexer.schema_migration SET checksum = ''",
        "DELETE FROM artwork_indexer.schema_function_file",
        "DROP TABLE artwork_indexer.event_queue",
        "CREATE TABLE artwork_indexer.mine (id integer)",
        "SELECT setval('artwork_indexer.event_queue_id_seq', 1)",
        "TRUNCATE artwork_indexer.event_queue CASCADE",
        "ALTER TABLE artwork_indexer.event_queue DISABLE TRIGGER USER",
    ],
)
def test_the_daemon_is_refused_elsewhere(daemon: Desk, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        daemon.sql(statement)


@pytest.mark.parametrize("table", ["event_queue", "deferred_demand", "service_pause"])
def test_a_dashboard_reads_our_tables(board: Desk, table: str) -> None:
    board.sql(f"SELECT * FROM artwork_indexer.{table}")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO artwork_indexer.event_queue VALUES (1)",
        "UPDATE artwork_indexer.event_queue SET attempts = 0",
        "SELECT artwork_indexer.want_index('release', gen_random_uuid())",
        "SELECT * FROM musicbrainz.release",
    ],
)
def test_a_dashboard_changes_nothing(board: Desk, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        board.sql(statement)


@pytest.mark.parametrize("who", ["daemon", "board"])
def test_nobody_borrows_the_rights_of_a_trigger(request: pytest.FixtureRequest, who: str) -> None:
    desk_of: Desk = request.getfixturevalue(who)
    desk_of.sql("CREATE TEMP TABLE bait (id bigint, release integer)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk_of.sql(
            "CREATE TRIGGER bait AFTER INSERT ON bait FOR EACH ROW"
            " EXECUTE FUNCTION artwork_indexer.a_ins_cover_art()"
        )
