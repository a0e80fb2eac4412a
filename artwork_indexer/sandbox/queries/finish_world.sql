-- First release dates where no trigger has written them, and sequences behind the explicit ids.
SELECT musicbrainz.set_release_first_release_date(release_event.release)
FROM (SELECT DISTINCT release FROM musicbrainz.release_event) AS release_event
JOIN musicbrainz.release ON release.id = release_event.release
WHERE release.status IS DISTINCT FROM 6
    AND NOT EXISTS (
        SELECT 1
        FROM musicbrainz.release_first_release_date
        WHERE release_first_release_date.release = release_event.release
    );
SELECT setval('musicbrainz.language_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.language;
SELECT setval('musicbrainz.script_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.script;
SELECT setval('musicbrainz.area_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.area;
SELECT setval('musicbrainz.editor_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.editor;
SELECT setval('musicbrainz.edit_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.edit;
SELECT setval('musicbrainz.artist_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.artist;
SELECT setval('musicbrainz.artist_credit_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.artist_credit;
SELECT setval('musicbrainz.release_group_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.release_group;
SELECT setval('musicbrainz.release_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.release;
SELECT setval('musicbrainz.place_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.place;
SELECT setval('musicbrainz.event_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.event;
SELECT setval('musicbrainz.link_type_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.link_type;
SELECT setval('musicbrainz.link_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.link;
SELECT setval('musicbrainz.l_artist_event_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.l_artist_event;
SELECT setval('musicbrainz.l_event_place_id_seq', coalesce(max(id), 0) + 1, false) FROM musicbrainz.l_event_place;
