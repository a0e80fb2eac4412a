-- Everything the web service says about one event, found by its gid or by a redirect.
SELECT json_build_object(
    'gid', event.gid,
    'name', event.name,
    'type', event_type.name,
    'type_gid', event_type.gid,
    'disambiguation', event.comment,
    'cancelled', event.cancelled,
    'begin', json_build_array(
        event.begin_date_year, event.begin_date_month, event.begin_date_day),
    'end', json_build_array(event.end_date_year, event.end_date_month, event.end_date_day),
    'time', to_char(event.time, 'HH24:MI'),
    'setlist', event.setlist,
    'artists', (
        SELECT json_agg(json_build_object(
            'type', link_type.name,
            'type_gid', link_type.gid,
            'order', relation.link_order,
            'begin', json_build_array(
                link.begin_date_year, link.begin_date_month, link.begin_date_day),
            'end', json_build_array(
                link.end_date_year, link.end_date_month, link.end_date_day),
            'ended', link.ended,
            'source_credit', relation.entity1_credit,
            'target_credit', relation.entity0_credit,
            'gid', artist.gid,
            'name', artist.name,
            'sort_name', artist.sort_name,
            'disambiguation', artist.comment,
            'target_type', artist_type.name,
            'target_type_gid', artist_type.gid
        ) ORDER BY relation.link_order, link_type.id, artist.sort_name, relation.id)
        FROM musicbrainz.l_artist_event AS relation
        JOIN musicbrainz.link ON link.id = relation.link
        JOIN musicbrainz.link_type ON link_type.id = link.link_type
        JOIN musicbrainz.artist ON artist.id = relation.entity0
        LEFT JOIN musicbrainz.artist_type ON artist_type.id = artist.type
        WHERE relation.entity1 = event.id
    ),
    'places', (
        SELECT json_agg(json_build_object(
            'type', link_type.name,
            'type_gid', link_type.gid,
            'order', relation.link_order,
            'begin', json_build_array(
                link.begin_date_year, link.begin_date_month, link.begin_date_day),
            'end', json_build_array(
                link.end_date_year, link.end_date_month, link.end_date_day),
            'ended', link.ended,
            'source_credit', relation.entity0_credit,
            'target_credit', relation.entity1_credit,
            'gid', place.gid,
            'name', place.name,
            'disambiguation', place.comment,
            'target_type', place_type.name,
            'target_type_gid', place_type.gid,
            'address', place.address,
            'latitude', place.coordinates[0]::text,
            'longitude', place.coordinates[1]::text
        ) ORDER BY relation.link_order, link_type.id, place.name, relation.id)
        FROM musicbrainz.l_event_place AS relation
        JOIN musicbrainz.link ON link.id = relation.link
        JOIN musicbrainz.link_type ON link_type.id = link.link_type
        JOIN musicbrainz.place ON place.id = relation.entity1
        LEFT JOIN musicbrainz.place_type ON place_type.id = place.type
        WHERE relation.entity0 = event.id
    )
)
FROM musicbrainz.event
LEFT JOIN musicbrainz.event_type ON event_type.id = event.type
WHERE event.id = (
    SELECT id FROM musicbrainz.event WHERE gid = %(gid)s::uuid
    UNION ALL
    SELECT new_id FROM musicbrainz.event_gid_redirect WHERE gid = %(gid)s::uuid
    LIMIT 1
)
