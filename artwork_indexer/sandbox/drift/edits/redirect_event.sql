-- another MBID was merged into an event
INSERT INTO musicbrainz.event_gid_redirect (gid, new_id)
SELECT %(gid)s, id FROM musicbrainz.event WHERE gid = %(target)s;
