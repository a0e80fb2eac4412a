"""A MusicBrainz slice with a few rows."""

from __future__ import annotations

from psycopg import Connection
from psycopg.rows import scalar_row

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
