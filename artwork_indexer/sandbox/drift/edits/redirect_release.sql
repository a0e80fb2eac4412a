-- another MBID was merged into a release
INSERT INTO musicbrainz.release_gid_redirect (gid, new_id)
SELECT %(gid)s, id FROM musicbrainz.release WHERE gid = %(target)s;
