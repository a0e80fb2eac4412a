-- the images of a release are put into another order
UPDATE cover_art_archive.cover_art AS image
   SET ordering = (SELECT count(*) FROM cover_art_archive.cover_art AS other
                    WHERE other.release = image.release) - image.ordering + 1
  FROM musicbrainz.release
 WHERE release.id = image.release AND release.gid = %(gid)s;
