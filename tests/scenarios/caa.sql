-- Two artists, three releases, an image on the first and on the third.

INSERT INTO musicbrainz.editor (id, name, email, email_confirm_date, password, ha1) VALUES
    (1, 'Sigríður', 'sigridur@example.com', '2011-03-05', '{CLEARTEXT}mb', repeat('0', 32));

INSERT INTO musicbrainz.area (id, gid, name, type) VALUES
    (222, '489ce91b-6658-3307-9877-795b68554c98', 'United States', 1);
INSERT INTO musicbrainz.country_area (area) VALUES (222);
INSERT INTO musicbrainz.iso_3166_1 (area, code) VALUES (222, 'US');

INSERT INTO musicbrainz.artist (id, gid, name, sort_name) VALUES
    (1, 'ae859a2d-5754-4e88-9af0-6df263345535', '花鳥オーケストラ', 'Kachō Orchestra'),
    (2, '4698a32d-b014-4da6-bdb7-de59fa5179bc', '𝄢 Kvartett', '𝄢 Kvartett');

-- The first artist is credited under another name.
INSERT INTO musicbrainz.artist_credit (id, name, artist_count, gid) VALUES
    (1, 'Kachō ★', 1, '6dbbe9b8-3f2d-4d0b-9a64-3e5aa6d8dd01'),
    (2, '𝄢 Kvartett', 1, '6dbbe9b8-3f2d-4d0b-9a64-3e5aa6d8dd02');
INSERT INTO musicbrainz.artist_credit_name (artist_credit, position, artist, name) VALUES
    (1, 0, 1, 'Kachō ★'),
    (2, 0, 2, '𝄢 Kvartett');

INSERT INTO musicbrainz.release_group (id, gid, name, artist_credit) VALUES
    (1, 'aa0f5c46-7e2e-4b3f-8d0c-8f0d8f3f5a01', 'Čtvero období', 1),
    (2, 'aa0f5c46-7e2e-4b3f-8d0c-8f0d8f3f5a02', 'Tæla', 2);
INSERT INTO musicbrainz.release (id, gid, name, artist_credit, release_group) VALUES
    (1, '16ebbc86-670c-4ad3-980b-bfbd1eee4ff4', 'Čtvero období', 1, 1),
    (2, '2198f7b1-658c-4217-8cae-f63abe0b2391', 'Čtvero období', 1, 1),
    (3, '41f27dcf-f012-4c91-afc0-0531e196bbda', 'Tæla', 2, 2);
INSERT INTO musicbrainz.release_country (release, country, date_year, date_month) VALUES
    (1, 222, 1989, 10),
    (2, 222, 1991, NULL);

INSERT INTO musicbrainz.edit (id, editor, type, status, expire_time) VALUES
    (1, 1, 314, 2, now() + interval '7 days'),
    (2, 1, 314, 2, now() + interval '7 days');
INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, comment, edit) VALUES
    (1, 1, 'image/jpeg', 1, '❇', 1),
    (2, 3, 'image/png', 1, '', 2);
INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (1, 1);
