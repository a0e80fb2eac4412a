-- a release gets another ASIN
UPDATE musicbrainz.release_meta SET amazon_asin = 'B000000017'
 WHERE id = (SELECT id FROM musicbrainz.release WHERE gid = %(gid)s);
