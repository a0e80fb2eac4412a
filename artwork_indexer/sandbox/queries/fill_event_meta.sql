-- Presence of the sample events; the rows exist already unless this is a mirror.
INSERT INTO musicbrainz.event_meta AS meta (id, event_art_presence)
SELECT id, presence
FROM jsonb_to_recordset(%(records)s)
    AS record (id integer, presence musicbrainz.event_art_presence)
ON CONFLICT (id) DO UPDATE
SET event_art_presence = excluded.event_art_presence
