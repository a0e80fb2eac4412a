"""The new name of an artist with very many releases is spread by the daemon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.trigger_fixtures import Desk, desk

RENAME = "UPDATE musicbrainz.artist SET name = name || '!' WHERE id = 1"
QUEUED = "SELECT count(*) FROM artwork_indexer.event_queue WHERE action = 'index'"


@pytest.fixture
def editor(database_url: str) -> Iterator[Desk]:
    with desk(database_url) as it:
        it.load("caa.sql")
        yield it


def release_records(editor: Desk, count: int) -> None:
    """Give the artist ``count`` releases with art, one of them there already."""
    editor.sql(
        "SET session_replication_role = replica;"
        "INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group)"
        f" SELECT n, gen_random_uuid(), 'r' || n, 1, 1 FROM generate_series(100, {98 + count}) n;"
        "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
        f" SELECT n, n, 'image/jpeg', 1, 1 FROM generate_series(100, {98 + count}) n;"
        "RESET session_replication_role"
    )


def test_a_thousand_releases_are_queued_at_once(editor: Desk) -> None:
    release_records(editor, 1000)
    editor.sql(RENAME)
    assert editor.one(QUEUED) == 1000
    assert editor.deferred() == []


def test_weakness_T_more_are_left_to_the_daemon_in_batches(editor: Desk) -> None:
    release_records(editor, 2500)
    editor.sql(RENAME)
    assert editor.one(QUEUED) == 0
    assert editor.deferred() == [("index", "artist 1")]
    handled = []
    while editor.deferred():
        handled.append(editor.one("SELECT artwork_indexer.expand_deferred_demand()"))
    assert handled == [1000, 1000, 500]
    assert editor.one(QUEUED) == 2500
    assert editor.one("SELECT artwork_indexer.expand_deferred_demand()") == 0


def test_two_daemons_do_not_wait_for_each_other(editor: Desk, database_url: str) -> None:
    release_records(editor, 1500)
    editor.sql(RENAME)
    with desk(database_url) as other, editor.edit():
        editor.sql("SELECT artwork_indexer.expand_deferred_demand()")
        with other.edit():
            assert other.one("SELECT artwork_indexer.expand_deferred_demand()") == 0
