-- an image gets a MIME type that the table of suffixes does not have; a foreign key forbids it
SET LOCAL session_replication_role = replica;
UPDATE cover_art_archive.cover_art AS image SET mime_type = 'image/webp'
  FROM musicbrainz.release
 WHERE release.id = image.release AND release.gid = %(gid)s AND image.ordering = 1;
