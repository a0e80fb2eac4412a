"""Several editors at once: no edit is aborted, held up or lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest

from tests.scenarios.expected import CAA, R1, R3
from tests.scenarios.running import drain
from tests.scenarios.stage import Stage

Editor = psycopg.Connection[tuple[Any, ...]]

COMMENT = "UPDATE cover_art_archive.cover_art SET comment = %s WHERE id = 1"
RENAME = "UPDATE musicbrainz.release SET name = %s WHERE id = %s"


def open_editor(stage: Stage) -> Iterator[Editor]:
    with psycopg.connect(stage.database_url) as connection:
        connection.execute("SET statement_timeout = '20s'")
        connection.commit()
        yield connection


@pytest.fixture
def first(caa: Stage) -> Iterator[Editor]:
    yield from open_editor(caa)


@pytest.fixture
def second(caa: Stage) -> Iterator[Editor]:
    yield from open_editor(caa)


def comments(stage: Stage, gid: str = R1) -> bytes:
    """The last index.json of a release."""
    return stage.entries("PUT", f"{gid}/index.json")[-1].body


def test_a_job_is_not_taken_before_the_edit_behind_it_is_committed(
    caa: Stage, first: Editor
) -> None:
    """A job that ran now would write the state before the edit, and count as done."""
    caa.sql(COMMENT, "one")
    first.execute(COMMENT, ["two"])
    assert caa.claimed() == []
    first.commit()
    assert caa.claimed() == [1]


async def test_two_editors_of_one_release(caa: Stage, first: Editor, second: Editor) -> None:
    """The second edit is committed first, while the first one's job is not to be seen yet."""
    first.execute(COMMENT, ["first"])
    second.execute(RENAME, ["second", 1])
    second.commit()
    await drain(caa)
    first.commit()
    await drain(caa)
    assert set(caa.states().values()) == {"completed"}
    assert b'"comment": "first"' in comments(caa)
    assert caa.sql("SELECT FROM artwork_indexer.deferred_demand") == []


async def test_an_edit_that_is_rolled_back_takes_no_other_along(
    caa: Stage, first: Editor, second: Editor
) -> None:
    first.execute(COMMENT, ["never"])
    second.execute(RENAME, ["second", 1])
    second.commit()
    first.rollback()
    await drain(caa)
    assert caa.requests() == CAA.reindex(R1)
    assert b"never" not in comments(caa)


async def test_editors_in_opposite_order_do_not_lock_each_other_out(
    caa: Stage, first: Editor, second: Editor
) -> None:
    first.execute("INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (1, 3)")
    second.execute("INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (2, 3)")
    first.execute(RENAME, ["first", 3])
    second.execute(RENAME, ["second", 1])
    first.commit()
    second.commit()
    await drain(caa)
    for gid in (R1, R3):
        assert b'"Booklet"' in comments(caa, gid)
    assert caa.sql("SELECT FROM artwork_indexer.deferred_demand") == []


EVERY_EDIT: list[LiteralString] = [
    "UPDATE cover_art_archive.cover_art SET comment = 'x' WHERE id = 1",
    "INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (1, 2)",
    "DELETE FROM cover_art_archive.cover_art_type WHERE id = 1",
    "UPDATE musicbrainz.release SET name = 'x' WHERE id = 1",
    "UPDATE musicbrainz.release_meta SET amazon_asin = 'x' WHERE id = 1",
    "UPDATE musicbrainz.artist SET name = 'x' WHERE id = 1",
    "UPDATE cover_art_archive.cover_art SET release = 2 WHERE id = 1",
    "DELETE FROM cover_art_archive.cover_art WHERE id = 1",
    "DELETE FROM musicbrainz.release_country WHERE release IN (1, 2)",
    "DELETE FROM musicbrainz.release WHERE id = 3",
]


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE artwork_indexer.event_queue RENAME TO moved_away",
        "DROP INDEX artwork_indexer.event_queue_idx_queued_uniq",
        "ALTER TABLE artwork_indexer.event_queue ADD CHECK (id > 1000) NOT VALID",
        "DROP SCHEMA artwork_indexer CASCADE",
    ],
)
def test_weakness_T_edits_go_on_whatever_is_wrong_with_the_queue(
    caa: Stage, damage: LiteralString
) -> None:
    caa.sql(damage)
    for edit in EVERY_EDIT:
        caa.commit(edit)
    assert caa.sql("SELECT FROM cover_art_archive.cover_art") == []


def test_weakness_T_an_editor_without_any_right_to_our_schema(caa: Stage) -> None:
    """MusicBrainz's role needs no grant: the triggers run with their owner's rights."""
    caa.sql("DROP ROLE IF EXISTS mb_editor")
    caa.sql("CREATE ROLE mb_editor")
    for schema in ("musicbrainz", "cover_art_archive", "event_art_archive"):
        name = psycopg.sql.Identifier(schema)
        for grant in (
            psycopg.sql.SQL("GRANT USAGE ON SCHEMA {} TO mb_editor"),
            psycopg.sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA {} TO mb_editor"),
        ):
            caa.connection.execute(grant.format(name))
    try:
        with caa.connection.transaction():
            caa.sql("SET LOCAL ROLE mb_editor")
            caa.sql(COMMENT, "mine")
        assert caa.states() == {1: "queued"}
    finally:
        caa.sql("DROP OWNED BY mb_editor")
        caa.sql("DROP ROLE mb_editor")
