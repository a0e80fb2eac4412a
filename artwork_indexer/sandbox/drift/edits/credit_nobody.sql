-- a release is credited to nobody, which no form of MusicBrainz allows
INSERT INTO musicbrainz.artist_credit (name, artist_count, gid)
VALUES ('', 0, gen_random_uuid());
UPDATE musicbrainz.release SET artist_credit = (SELECT max(id) FROM musicbrainz.artist_credit)
 WHERE gid = %(gid)s;
