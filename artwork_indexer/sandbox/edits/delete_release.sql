-- a release is deleted
DELETE FROM musicbrainz.release_country
 WHERE release = (SELECT id FROM musicbrainz.release WHERE gid = %(gid)s);
DELETE FROM musicbrainz.release_unknown_country
 WHERE release = (SELECT id FROM musicbrainz.release WHERE gid = %(gid)s);
DELETE FROM musicbrainz.release_gid_redirect
 WHERE new_id = (SELECT id FROM musicbrainz.release WHERE gid = %(gid)s);
DELETE FROM musicbrainz.release WHERE gid = %(gid)s;
