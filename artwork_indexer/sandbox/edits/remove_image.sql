-- an image is removed
DELETE FROM cover_art_archive.cover_art WHERE id = %(image)s;
