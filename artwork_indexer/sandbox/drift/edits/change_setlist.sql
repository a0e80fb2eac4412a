-- an event gets another setlist
UPDATE musicbrainz.event SET setlist = coalesce(setlist || E'\n', '') || '* One More Song'
 WHERE gid = %(gid)s;
