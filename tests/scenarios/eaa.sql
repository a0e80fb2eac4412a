-- Three concerts, an image on the first and on the second.

INSERT INTO musicbrainz.editor (id, name, email, email_confirm_date, password, ha1) VALUES
    (1, 'Sigríður', 'sigridur@example.com', '2011-03-05', '{CLEARTEXT}mb', repeat('0', 32));

INSERT INTO musicbrainz.event
    (id, gid, name, type, begin_date_year, end_date_year, time) VALUES
    (1, 'e2aad65a-12e0-44ec-b693-94d225154e90', 'Ночь у моря', 1, 1990, 1990, '20:00'),
    (2, 'a0f19ff3-e140-417f-81c6-2a7466eeea0a', 'Ночь у реки', 1, 1991, 1991, '21:00'),
    (3, 'f5c9461c-e5b4-4152-9458-d9a74baa7161', 'День 𝄞', 1, 1992, 1992, NULL);

INSERT INTO musicbrainz.edit (id, editor, type, status, expire_time) VALUES
    (1, 1, 158, 2, now() + interval '7 days'),
    (2, 1, 158, 2, now() + interval '7 days');
INSERT INTO event_art_archive.event_art (id, event, mime_type, ordering, comment, edit) VALUES
    (1, 1, 'image/jpeg', 1, 'hello', 1),
    (2, 2, 'image/jpeg', 1, 'yes hi', 2);
INSERT INTO event_art_archive.event_art_type (id, type_id) VALUES (1, 1);
