-- a poster is removed
DELETE FROM event_art_archive.event_art WHERE id = %(image)s;
