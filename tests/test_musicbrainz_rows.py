"""The MusicBrainz slice: what MusicBrainz itself does when rows change."""

from __future__ import annotations

import psycopg
import pytest

from tests.musicbrainz_fixtures import RELEASE, Database

pytest_plugins = ["tests.musicbrainz_plugin"]


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
