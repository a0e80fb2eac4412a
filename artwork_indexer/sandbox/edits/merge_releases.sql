-- two releases are merged
UPDATE cover_art_archive.cover_art AS image
   SET release = target.id,
       ordering = image.ordering + (SELECT count(*) FROM cover_art_archive.cover_art AS other
                                     WHERE other.release = target.id)
  FROM musicbrainz.release AS source, musicbrainz.release AS target
 WHERE image.release = source.id AND source.gid = %(gid)s AND target.gid = %(target)s;
UPDATE musicbrainz.release_meta SET cover_art_presence = 'present'
 WHERE id = (SELECT id FROM musicbrainz.release WHERE gid = %(target)s);
DELETE FROM musicbrainz.release_country
 WHERE release = (SELECT id FROM musicbrainz.release WHERE gid = %(gid)s);
DELETE FROM musicbrainz.release_unknown_country
 WHERE release = (SELECT id FROM musicbrainz.release WHERE gid = %(gid)s);
UPDATE musicbrainz.release_gid_redirect SET new_id = target.id
  FROM musicbrainz.release AS source, musicbrainz.release AS target
 WHERE new_id = source.id AND source.gid = %(gid)s AND target.gid = %(target)s;
INSERT INTO musicbrainz.release_gid_redirect (gid, new_id)
SELECT %(gid)s, target.id FROM musicbrainz.release AS target WHERE target.gid = %(target)s;
DELETE FROM musicbrainz.release WHERE gid = %(gid)s;
