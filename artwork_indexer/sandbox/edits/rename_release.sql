-- a release gets another title
UPDATE musicbrainz.release SET name = name || ' (remastered)' WHERE gid = %(gid)s;
