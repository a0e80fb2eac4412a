"""An edit neither waits for another editor or a worker, nor is it ever aborted by a trigger.

Every edit runs with a lock time limit of 200 ms, and the triggers have one of their own: a
wait would be an error of the edit or a warning of the trigger.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.trigger_fixtures import R1, R2, R3, Desk, desk

COMMENT = "UPDATE cover_art_archive.cover_art SET comment = %s WHERE id = %s"
WAITS = (
    "UPDATE artwork_indexer.event_queue SET attempts = 3, run_after = now() + interval '3 h',"
    " snoozed_since = now(), remark = 'waits' WHERE id = 1"
)


@pytest.fixture
def anna(database_url: str) -> Iterator[Desk]:
    with desk(database_url) as it:
        it.load("caa.sql")
        it.add_art(11, 1)
        it.load()
        yield it


@pytest.fixture
def bela(database_url: str) -> Iterator[Desk]:
    with desk(database_url) as it:
        yield it


def expand(editor: Desk) -> int:
    return int(editor.one("SELECT artwork_indexer.expand_deferred_demand()"))


def test_weakness_T_two_editors_of_one_release(anna: Desk, bela: Desk) -> None:
    with anna.edit():
        anna.sql(COMMENT, "a", 1)
        with bela.edit():
            bela.sql("UPDATE musicbrainz.release SET name = 'n' WHERE id = 1")
        assert bela.deferred() == [("index", R1)]
        assert expand(bela) == 0, "the first editor is not done yet"
    assert expand(bela) == 1
    assert anna.jobs() == [(1, "index", R1, None)]
    assert anna.deferred() == []
    assert bela.warnings == []


def test_the_demand_of_an_edit_that_is_rolled_back_is_not_missed(anna: Desk, bela: Desk) -> None:
    with anna.connection.transaction(force_rollback=True):
        anna.sql(COMMENT, "a", 1)
        with bela.edit():
            bela.sql("UPDATE musicbrainz.release SET name = 'n' WHERE id = 1")
    expand(bela)
    assert [job[1:] for job in anna.jobs()] == [("index", R1, None)]


def test_a_job_that_an_uncommitted_edit_counts_on_cannot_be_claimed(anna: Desk, bela: Desk) -> None:
    claim = (
        "SELECT id FROM artwork_indexer.claim_events('w', 4, interval '1 min', 5, interval '0',"
        " true)"
    )
    anna.sql(COMMENT, "first", 1)
    with anna.edit():
        anna.sql(COMMENT, "second", 1)
        assert bela.sql(claim) == []
    assert bela.sql(claim) == [(1,)]


def test_an_edit_does_not_wait_for_a_worker(anna: Desk, bela: Desk) -> None:
    anna.sql(COMMENT, "first", 1)
    with bela.edit():
        bela.sql("SELECT FROM artwork_indexer.event_queue WHERE id = 1 FOR UPDATE")
        with anna.edit():
            anna.sql(COMMENT, "second", 1)
    assert {target for _, target in anna.deferred()} == {R1}
    assert anna.warnings == []


def test_two_editors_merge_images_of_one_release(anna: Desk, bela: Desk) -> None:
    with anna.edit():
        anna.move_art(1, 2)
        with bela.edit():
            bela.move_art(11, 3)
    assert anna.warnings + bela.warnings == []
    expand(anna)
    jobs = [job[1:3] for job in anna.jobs()]
    assert sorted(jobs) == sorted(
        [
            ("copy_image", f"{R1} {R2}"),
            ("delete_image", R1),
            ("copy_image", f"{R1} {R3}"),
            ("delete_image", R1),
            ("index", R1),
            ("index", R2),
            ("index", R3),
        ]
    )


def test_a_deindex_that_meets_another_editor_is_deferred(anna: Desk, bela: Desk) -> None:
    anna.sql("DELETE FROM cover_art_archive.cover_art WHERE id = 11")
    anna.load()
    with anna.edit():
        anna.sql("UPDATE musicbrainz.release SET name = 'n' WHERE id = 1")
        with bela.edit():
            bela.move_art(1, 2)
        assert bela.deferred() == [("deindex", R1)]
        assert bela.warnings == []
    expand(bela)
    assert [job[1:3] for job in anna.jobs()] == [
        ("copy_image", f"{R1} {R2}"),
        ("delete_image", R1),
        ("index", R2),
        ("deindex", R1),
    ]
    assert anna.jobs()[-1][3] == [anna.jobs()[1][0]]


def test_an_open_insert_by_hand_holds_nobody_up_for_long(anna: Desk, bela: Desk) -> None:
    with bela.edit():
        bela.sql(
            "INSERT INTO artwork_indexer.event_queue (entity_type, action, message)"
            " VALUES ('release', 'index', %s)",
            f'{{"gid": "{R1}"}}',
        )
        with anna.connection.transaction():
            anna.sql("SET LOCAL statement_timeout = '30s'")
            anna.sql("UPDATE musicbrainz.release SET name = 'n' WHERE id = 1")
    assert anna.deferred() == [("index", R1)]


def test_weakness_R_a_fresh_edit_pulls_a_waiting_index_forward(anna: Desk) -> None:
    anna.sql(COMMENT, "first", 1)
    created = anna.column("created", 1)
    anna.sql(WAITS)
    assert anna.column("waits_for::text", 1) == "time"
    anna.sql(COMMENT, "second", 1)
    assert anna.column("(waits_for, attempts, snoozed_since, remark)::text", 1) == "(,0,,)"
    assert anna.column("run_after <= now()", 1)
    assert anna.column("created", 1) == created


def test_weakness_R_parents_stay_a_set(anna: Desk) -> None:
    anna.move_art(1, 2)
    index = next(job for job in anna.jobs() if job[1:3] == ("index", R2))
    for _ in range(3):
        anna.sql("SELECT artwork_indexer.want_index('release', %s, %s)", R2, index[3])
    assert index in anna.jobs()


def test_an_edit_lifts_a_queued_repair(anna: Desk) -> None:
    anna.sql(COMMENT, "first", 1)
    anna.sql("UPDATE artwork_indexer.event_queue SET origin = 'audit', priority = 10")
    anna.sql(COMMENT, "second", 1)
    assert anna.column("(origin, priority)::text", 1) == "(edit,100)"


def test_an_edit_leaves_the_origin_of_an_operator(anna: Desk) -> None:
    anna.sql(COMMENT, "first", 1)
    anna.sql("UPDATE artwork_indexer.event_queue SET origin = 'operator', priority = 200")
    anna.sql(COMMENT, "second", 1)
    assert anna.column("(origin, priority)::text", 1) == "(operator,200)"


@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        ("UPDATE cover_art_archive.cover_art SET comment = 'c' WHERE id = 1", {"index"}),
        ("UPDATE cover_art_archive.cover_art SET release = 2 WHERE id = 1", {"copy_image"}),
        ("DELETE FROM cover_art_archive.cover_art WHERE id = 2", {"delete_image"}),
        ("INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (1, 2)", {"index"}),
        ("DELETE FROM cover_art_archive.cover_art_type WHERE id = 1", {"index"}),
        ("UPDATE musicbrainz.artist SET name = 'n' WHERE id = 1", {"index"}),
        ("UPDATE musicbrainz.release SET name = 'n' WHERE id = 1", {"index"}),
        ("DELETE FROM musicbrainz.release WHERE id = 3", {"delete_image", "deindex"}),
    ],
)
def test_weakness_T_an_error_in_the_queue_aborts_no_edit(
    anna: Desk, statement: str, lost: set[str]
) -> None:
    anna.sql(
        "ALTER TABLE artwork_indexer.event_queue ADD CONSTRAINT broken CHECK (id < 0) NOT VALID"
    )
    with anna.edit():
        anna.sql(statement)
    assert anna.warnings
    anna.sql("ALTER TABLE artwork_indexer.event_queue DROP CONSTRAINT broken")
    assert expand(anna) > 0
    assert anna.deferred() == []
    assert lost <= {job[1] for job in anna.jobs()}


def test_not_even_a_missing_schema_aborts_an_edit(anna: Desk) -> None:
    anna.sql(
        "ALTER TABLE artwork_indexer.event_queue RENAME TO gone;"
        "ALTER TABLE artwork_indexer.deferred_demand RENAME TO lost"
    )
    with anna.edit():
        anna.move_art(1, 2)
        anna.sql("UPDATE musicbrainz.artist SET name = 'n' WHERE id = 1")
        anna.sql("DELETE FROM cover_art_archive.cover_art WHERE id = 11")
        anna.sql("DELETE FROM musicbrainz.release WHERE id = 3")
    assert anna.one("SELECT release FROM cover_art_archive.cover_art WHERE id = 1") == 2
    assert any("an audit will find it" in warning for warning in anna.warnings)


def test_a_repeatable_read_edit_is_not_aborted(anna: Desk, bela: Desk) -> None:
    with anna.connection.transaction():
        anna.sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        anna.one("SELECT count(*) FROM musicbrainz.artist")
        bela.sql("UPDATE musicbrainz.release SET name = 'n' WHERE id = 1")
        anna.sql(COMMENT, "a", 1)
    expand(anna)
    assert [job[1:3] for job in anna.jobs()] == [("index", R1)]


def test_a_large_transaction_takes_a_bounded_number_of_locks(anna: Desk) -> None:
    with anna.edit():
        anna.sql(
            "SELECT artwork_indexer.want_index('release', gen_random_uuid())"
            "  FROM generate_series(1, 3000)"
        )
        held = anna.one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    assert 900 < held <= 1024


def test_the_triggers_ignore_the_search_path_of_an_editor(anna: Desk) -> None:
    anna.sql(
        "CREATE SCHEMA evil; CREATE TABLE evil.release AS SELECT * FROM musicbrainz.release;"
        "CREATE FUNCTION evil.jsonb_build_object(text, uuid) RETURNS jsonb LANGUAGE sql"
        " AS $$ SELECT '{}'::jsonb $$"
    )
    with anna.edit():
        anna.sql("SET LOCAL search_path = evil, pg_catalog")
        anna.sql(COMMENT, "a", 1)
    assert anna.jobs() == [(1, "index", R1, None)]
