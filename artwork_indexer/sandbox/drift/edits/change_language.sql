-- a release gets another language
UPDATE musicbrainz.release
   SET language = (SELECT min(other.id) FROM musicbrainz.language AS other
                    WHERE other.id IS DISTINCT FROM release.language)
 WHERE gid = %(gid)s;
