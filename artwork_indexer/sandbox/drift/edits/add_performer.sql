-- one more artist performs at an event
INSERT INTO musicbrainz.artist (gid, name, sort_name)
VALUES (gen_random_uuid(), 'Late Addition', 'Addition, Late');
INSERT INTO musicbrainz.l_artist_event (link, entity0, entity1, link_order)
SELECT 799, (SELECT max(id) FROM musicbrainz.artist), event.id, 7
  FROM musicbrainz.event WHERE gid = %(gid)s;
