-- a release gets another status
UPDATE musicbrainz.release SET status = CASE status WHEN 2 THEN 1 ELSE 2 END
 WHERE gid = %(gid)s;
