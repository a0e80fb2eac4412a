-- the votes on the images of a release are over
UPDATE musicbrainz.edit SET status = 2, close_time = open_time + interval '7 days'
 WHERE close_time IS NULL
   AND id IN (SELECT image.edit
                FROM cover_art_archive.cover_art AS image
                JOIN musicbrainz.release ON release.id = image.release
               WHERE release.gid = %(gid)s);
