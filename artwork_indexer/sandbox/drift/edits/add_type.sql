-- the first image of a release gets one more type
INSERT INTO cover_art_archive.cover_art_type (id, type_id)
SELECT image.id, 13
  FROM cover_art_archive.cover_art AS image
  JOIN musicbrainz.release ON release.id = image.release
 WHERE release.gid = %(gid)s AND image.ordering = 1;
