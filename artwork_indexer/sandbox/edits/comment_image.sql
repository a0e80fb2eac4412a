-- an image gets another comment
UPDATE cover_art_archive.cover_art AS image SET comment = 'scan ' || %(number)s
  FROM musicbrainz.release
 WHERE release.id = image.release AND release.gid = %(gid)s AND image.ordering = 1;
