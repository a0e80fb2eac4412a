-- the first two images of a release share a place, as on a mirror while a packet is applied
SET LOCAL session_replication_role = replica;
UPDATE cover_art_archive.cover_art AS image SET ordering = 1
  FROM musicbrainz.release
 WHERE release.id = image.release AND release.gid = %(gid)s AND image.ordering = 2;
