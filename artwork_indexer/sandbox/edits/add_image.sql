-- an image is added
INSERT INTO cover_art_archive.cover_art (id, release, mime_type, ordering, comment, edit)
SELECT %(image)s, release.id, 'image/jpeg',
       1 + (SELECT count(*) FROM cover_art_archive.cover_art AS other WHERE other.release = release.id),
       'inside', (SELECT max(edit.id) FROM musicbrainz.edit)
  FROM musicbrainz.release WHERE release.gid = %(gid)s;
INSERT INTO cover_art_archive.cover_art_type (id, type_id) VALUES (%(image)s, 3);
