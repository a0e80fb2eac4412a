-- ASIN and presence of the sample releases; the rows exist already unless this is a mirror.
INSERT INTO musicbrainz.release_meta AS meta (id, amazon_asin, cover_art_presence)
SELECT id, asin, presence
FROM jsonb_to_recordset(%(records)s)
    AS record (id integer, asin text, presence musicbrainz.cover_art_presence)
ON CONFLICT (id) DO UPDATE
SET amazon_asin = excluded.amazon_asin, cover_art_presence = excluded.cover_art_presence
