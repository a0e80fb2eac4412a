-- an event loses its place
DELETE FROM musicbrainz.l_event_place
 WHERE entity0 = (SELECT id FROM musicbrainz.event WHERE gid = %(gid)s);
