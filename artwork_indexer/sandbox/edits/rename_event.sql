-- an event gets another name
UPDATE musicbrainz.event SET name = name || ' (open air)' WHERE gid = %(gid)s;
