-- an event gets another type
UPDATE musicbrainz.event SET type = CASE type WHEN 2 THEN 1 ELSE 2 END WHERE gid = %(gid)s;
