-- an event begins at another time
UPDATE musicbrainz.event SET time = '18:15' WHERE gid = %(gid)s;
