-- What MusicBrainz says about each of many MBIDs of events, in one snapshot.
SELECT wanted.gid::text AS gid,
       entity.gid::text AS entity,
       -- The MBID of something else, which is by no means gone.
       entity.gid IS NULL AND (
           EXISTS (SELECT FROM musicbrainz.release AS other WHERE other.gid = wanted.gid)
        OR EXISTS (SELECT FROM musicbrainz.release_gid_redirect AS other
                    WHERE other.gid = wanted.gid)) AS is_other_type,
       coalesce(meta.event_art_presence = 'darkened', false) AS darkened,
       ARRAY(SELECT redirect.gid::text
               FROM musicbrainz.event_gid_redirect AS redirect
              WHERE redirect.new_id = entity.id AND entity.gid = wanted.gid
              ORDER BY redirect.gid) AS redirected,
       CASE WHEN entity.gid = wanted.gid THEN (
           SELECT json_agg(json_build_object(
                      'id', listing.id, 'mime_type', listing.mime_type,
                      'suffix', image_type.suffix, 'approved', listing.approved,
                      'front', listing.is_front, 'back', NULL,
                      'comment', listing.comment, 'edit', listing.edit,
                      'types', listing.types, 'ordering', listing.ordering)
                  ORDER BY listing.ordering, listing.id)
             FROM event_art_archive.index_listing AS listing
             LEFT JOIN cover_art_archive.image_type ON image_type.mime_type = listing.mime_type
            WHERE listing.event = entity.id) END AS images,
       CASE WHEN entity.gid = wanted.gid THEN json_build_object(
           'name', entity.name,
           'setlist', entity.setlist,
           'time', to_char(entity.time, 'HH24:MI'),
           'cancelled', entity.cancelled,
           'begin', json_build_array(
               entity.begin_date_year, entity.begin_date_month, entity.begin_date_day),
           'end', json_build_array(
               entity.end_date_year, entity.end_date_month, entity.end_date_day),
           'type_id', entity.type,
           'type', (SELECT event_type.name FROM musicbrainz.event_type
                     WHERE event_type.id = entity.type),
           'artists', (
               SELECT json_agg(json_build_object(
                          'type', link_type.name, 'ended', link.ended,
                          'begin', json_build_array(
                              link.begin_date_year, link.begin_date_month, link.begin_date_day),
                          'end', json_build_array(
                              link.end_date_year, link.end_date_month, link.end_date_day),
                          'credit', relation.entity0_credit,
                          'event_credit', relation.entity1_credit,
                          'mbid', artist.gid, 'name', artist.name,
                          'sort_name', artist.sort_name)
                      ORDER BY relation.id)
                 FROM musicbrainz.l_artist_event AS relation
                 JOIN musicbrainz.link ON link.id = relation.link
                 JOIN musicbrainz.link_type ON link_type.id = link.link_type
                 JOIN musicbrainz.artist ON artist.id = relation.entity0
                WHERE relation.entity1 = entity.id),
           'places', (
               SELECT json_agg(json_build_object(
                          'type', link_type.name, 'ended', link.ended,
                          'begin', json_build_array(
                              link.begin_date_year, link.begin_date_month, link.begin_date_day),
                          'end', json_build_array(
                              link.end_date_year, link.end_date_month, link.end_date_day),
                          'credit', relation.entity1_credit,
                          'event_credit', relation.entity0_credit,
                          'mbid', place.gid, 'name', place.name, 'address', place.address,
                          'coordinates', json_build_array(
                              place.coordinates[0], place.coordinates[1]))
                      ORDER BY relation.id)
                 FROM musicbrainz.l_event_place AS relation
                 JOIN musicbrainz.link ON link.id = relation.link
                 JOIN musicbrainz.link_type ON link_type.id = link.link_type
                 JOIN musicbrainz.place ON place.id = relation.entity1
                WHERE relation.entity0 = entity.id)
       ) END AS fields
  FROM unnest(%(gids)s::uuid[]) AS wanted (gid)
  LEFT JOIN LATERAL (
       SELECT alive.* FROM musicbrainz.event AS alive WHERE alive.gid = wanted.gid
       UNION ALL
       SELECT survivor.*
         FROM musicbrainz.event_gid_redirect AS merged
         JOIN musicbrainz.event AS survivor ON survivor.id = merged.new_id
        WHERE merged.gid = wanted.gid
       LIMIT 1
  ) AS entity ON true
  LEFT JOIN musicbrainz.event_meta AS meta ON meta.id = entity.id
