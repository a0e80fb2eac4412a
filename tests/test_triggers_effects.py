"""What each trigger puts into the queue, ids included: a failed insert uses up a number."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from artwork_indexer import triggers
from artwork_indexer.projects import PROJECTS
from tests.trigger_fixtures import E1, E2, R1, R2, R3, Desk, Job, desk

REINDEX_R1: list[Job] = [(1, "index", R1, None)]
REINDEX_E1: list[Job] = [(1, "index", E1, None)]


@pytest.fixture
def releases(database_url: str) -> Iterator[Desk]:
    with desk(database_url) as it:
        it.load("caa.sql")
        yield it


@pytest.fixture
def events(database_url: str) -> Iterator[Desk]:
    with desk(database_url) as it:
        it.load("eaa.sql")
        yield it


def test_the_generated_files_are_current() -> None:
    assert triggers.stale() == []


def test_there_are_eleven_and_seven_triggers_and_all_are_installed(releases: Desk) -> None:
    counts = [len(triggers.triggers(project)) for project in PROJECTS]
    installed = releases.sql(
        "SELECT tgname::text FROM pg_trigger"
        " WHERE tgname LIKE 'artwork_indexer%%' AND tgenabled = 'O'"
    )
    assert counts == [11, 7]
    assert {name for (name,) in installed} == {t.name for t in triggers.all_triggers()}


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, edit)"
            " VALUES (3, 1, 'image/jpeg', 2, 1)"
        ),
        "UPDATE cover_art_archive.cover_art SET ordering = 3, comment = '' WHERE id = 1",
        "UPDATE cover_art_archive.cover_art SET edits_pending = 1 WHERE id = 1",
        "UPDATE cover_art_archive.cover_art SET mime_type = 'image/png' WHERE id = 1",
        "INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (1, 2)",
        "DELETE FROM cover_art_archive.cover_art_type WHERE id = 1",
        "UPDATE musicbrainz.artist SET name = 'n', sort_name = 's' WHERE id = 1",
        "UPDATE musicbrainz.artist SET sort_name = 's' WHERE id = 1",
        "UPDATE musicbrainz.release SET name = 'n' WHERE id IN (1, 2)",
        "UPDATE musicbrainz.release SET artist_credit = 2 WHERE id = 1",
        "UPDATE musicbrainz.release SET barcode = '' WHERE id = 1",
        "UPDATE musicbrainz.release_meta SET amazon_asin = 'B00005NQ6Z' WHERE id IN (1, 2)",
        (
            "INSERT INTO musicbrainz.release_unknown_country (release, date_year)"
            " VALUES (1, 1988), (2, 1988)"
        ),
        "DELETE FROM musicbrainz.release_country WHERE release IN (1, 2)",
    ],
)
def test_one_index_of_the_release_with_art(releases: Desk, statement: str) -> None:
    releases.sql(statement)
    assert releases.jobs() == REINDEX_R1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE musicbrainz.artist SET comment = 'c' WHERE id = 1",
        "UPDATE musicbrainz.release SET comment = 'c', status = 1, quality = 2 WHERE id = 1",
        "UPDATE musicbrainz.release_meta SET info_url = 'u' WHERE id = 1",
        "UPDATE musicbrainz.release SET name = 'n' WHERE id = 2",
        "DELETE FROM musicbrainz.release_country WHERE release = 2",
    ],
)
def test_what_is_not_in_the_documents_queues_nothing(releases: Desk, statement: str) -> None:
    releases.sql(statement)
    assert releases.jobs() == []


def test_every_change_of_an_image_asks_twice(releases: Desk) -> None:
    releases.sql("UPDATE cover_art_archive.cover_art SET comment = 'a' WHERE id = 1")
    releases.sql("UPDATE cover_art_archive.cover_art SET comment = 'b' WHERE id = 1")
    assert releases.jobs() == REINDEX_R1
    assert releases.one("SELECT last_value FROM artwork_indexer.event_queue_id_seq") == 4


def test_deleting_an_image(releases: Desk) -> None:
    releases.sql("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    assert releases.jobs() == [(1, "delete_image", R1, None), (2, "index", R1, [1])]
    assert releases.column("message", 1) == {"artwork_id": 1, "gid": R1, "suffix": "jpg"}


def test_deleting_an_image_makes_a_queued_index_wait_for_it(releases: Desk) -> None:
    releases.sql("UPDATE musicbrainz.release SET name = 'n' WHERE id = 1")
    releases.sql("DELETE FROM cover_art_archive.cover_art WHERE id = 1")
    assert releases.jobs() == [(1, "index", R1, [2]), (2, "delete_image", R1, None)]


def test_deleting_a_release_with_art(releases: Desk) -> None:
    releases.sql(
        "DELETE FROM musicbrainz.release_country WHERE release = 1;"
        "DELETE FROM musicbrainz.release WHERE id = 1"
    )
    assert releases.jobs() == [(2, "delete_image", R1, None), (3, "deindex", R1, None)]


def test_deleting_a_release_without_art(releases: Desk) -> None:
    releases.sql(
        "DELETE FROM musicbrainz.release_country WHERE release = 2;"
        "DELETE FROM musicbrainz.release WHERE id = 2"
    )
    assert releases.jobs() == []


def test_merging_releases(releases: Desk) -> None:
    releases.sql("UPDATE cover_art_archive.cover_art SET ordering = 3 WHERE id = 1")
    with releases.edit():
        releases.move_art(1, 2)
        releases.sql(
            "UPDATE musicbrainz.release_meta SET cover_art_presence = 'present' WHERE id = 2;"
            "DELETE FROM musicbrainz.release_country WHERE release = 2;"
            "UPDATE musicbrainz.release_country SET release = 2 WHERE release = 1;"
            "DELETE FROM musicbrainz.release WHERE id = 1"
        )
    assert releases.jobs() == [
        (5, "copy_image", f"{R1} {R2}", None),
        (6, "delete_image", R1, [5]),
        (7, "index", R2, [6]),
        (8, "deindex", R1, [6]),
    ]
    assert releases.column("message", 5) == {
        "artwork_id": 1,
        "old_gid": R1,
        "new_gid": R2,
        "suffix": "jpg",
    }


def test_weakness_W_the_deindex_waits_for_every_image_that_moves(releases: Desk) -> None:
    releases.add_art(11, 1)
    releases.sql("TRUNCATE artwork_indexer.event_queue RESTART IDENTITY CASCADE")
    releases.sql("UPDATE cover_art_archive.cover_art SET release = 2 WHERE release = 1")
    assert releases.jobs() == [
        (1, "copy_image", f"{R1} {R2}", None),
        (2, "delete_image", R1, [1]),
        (4, "index", R2, [2, 6]),
        (5, "copy_image", f"{R1} {R2}", None),
        (6, "delete_image", R1, [5]),
        (8, "deindex", R1, [2, 6]),
    ]


def test_moving_one_of_two_images_indexes_both_releases(releases: Desk) -> None:
    releases.add_art(11, 1)
    releases.sql("TRUNCATE artwork_indexer.event_queue RESTART IDENTITY CASCADE")
    releases.move_art(11, 2)
    assert releases.jobs() == [
        (1, "copy_image", f"{R1} {R2}", None),
        (2, "delete_image", R1, [1]),
        (3, "index", R1, [2]),
        (4, "index", R2, [2]),
    ]


def test_the_suffix_is_the_one_the_file_was_stored_with(releases: Desk) -> None:
    releases.sql(
        "UPDATE cover_art_archive.cover_art SET release = 2, mime_type = 'image/png' WHERE id = 1"
    )
    assert releases.column("message ->> 'suffix'", 1) == "jpg"


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO event_art_archive.event_art (id, event, mime_type, ordering, edit)"
            " VALUES (3, 1, 'image/jpeg', 1, 1)"
        ),
        "UPDATE event_art_archive.event_art SET ordering = 3, comment = '' WHERE id = 1",
        "DELETE FROM event_art_archive.event_art_type WHERE id = 1",
        "UPDATE musicbrainz.event SET name = '' WHERE id IN (1, 3)",
    ],
)
def test_one_index_of_the_event_with_art(events: Desk, statement: str) -> None:
    events.sql(statement)
    assert events.jobs() == REINDEX_E1


def test_an_event_is_watched_for_its_name_only(events: Desk) -> None:
    events.sql("UPDATE musicbrainz.event SET setlist = '* a', cancelled = true, time = '21:00'")
    assert events.jobs() == []


def test_inserting_a_type_of_event_art(events: Desk) -> None:
    events.sql("INSERT INTO event_art_archive.event_art_type (id, type_id) VALUES (2, 1)")
    assert events.jobs() == [(1, "index", E2, None)]


def test_deleting_event_art(events: Desk) -> None:
    events.sql("DELETE FROM event_art_archive.event_art WHERE id = 1")
    assert events.jobs() == [(1, "delete_image", E1, None), (2, "index", E1, [1])]


def test_merging_events(events: Desk) -> None:
    events.sql("UPDATE event_art_archive.event_art SET ordering = 3 WHERE id = 1")
    with events.edit():
        events.sql(
            "UPDATE event_art_archive.event_art SET event = 2 WHERE id = 1;"
            "UPDATE musicbrainz.event_meta SET event_art_presence = 'present' WHERE id = 2;"
            "DELETE FROM musicbrainz.event WHERE id = 1"
        )
    assert events.jobs() == [
        (5, "copy_image", f"{E1} {E2}", None),
        (6, "delete_image", E1, [5]),
        (7, "index", E2, [6]),
        (8, "deindex", E1, [6]),
    ]


def test_deleting_events(events: Desk) -> None:
    events.sql("DELETE FROM musicbrainz.event WHERE id IN (1, 3)")
    assert events.jobs() == [(1, "delete_image", E1, None), (2, "deindex", E1, None)]


def test_an_artist_is_found_through_every_credit(releases: Desk) -> None:
    releases.sql("UPDATE musicbrainz.artist SET name = 'n' WHERE id = 2")
    assert releases.jobs() == [(1, "index", R3, None)]
