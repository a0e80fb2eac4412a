-- a release is credited to an artist of whom nobody has heard yet
INSERT INTO musicbrainz.artist (gid, name, sort_name)
VALUES (gen_random_uuid(), 'Newcomer', 'Newcomer');
INSERT INTO musicbrainz.artist_credit (name, artist_count, gid)
VALUES ('Newcomer', 1, gen_random_uuid());
INSERT INTO musicbrainz.artist_credit_name (artist_credit, position, artist, name)
SELECT (SELECT max(id) FROM musicbrainz.artist_credit),
       0, (SELECT max(id) FROM musicbrainz.artist), 'Newcomer';
UPDATE musicbrainz.release SET artist_credit = (SELECT max(id) FROM musicbrainz.artist_credit)
 WHERE gid = %(gid)s;
