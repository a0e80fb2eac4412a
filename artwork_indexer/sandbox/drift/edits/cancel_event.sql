-- an event is cancelled, or not after all
UPDATE musicbrainz.event SET cancelled = NOT cancelled WHERE gid = %(gid)s;
