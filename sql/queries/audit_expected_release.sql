-- What MusicBrainz says about each of many MBIDs of releases, in one snapshot.
SELECT wanted.gid::text AS gid,
       entity.gid::text AS entity,
       -- The MBID of something else, which is by no means gone.
       entity.gid IS NULL AND (
           EXISTS (SELECT FROM musicbrainz.event AS other WHERE other.gid = wanted.gid)
        OR EXISTS (SELECT FROM musicbrainz.event_gid_redirect AS other
                    WHERE other.gid = wanted.gid)) AS is_other_type,
       coalesce(meta.cover_art_presence = 'darkened', false) AS darkened,
       ARRAY(SELECT redirect.gid::text
               FROM musicbrainz.release_gid_redirect AS redirect
              WHERE redirect.new_id = entity.id AND entity.gid = wanted.gid
              ORDER BY redirect.gid) AS redirected,
       CASE WHEN entity.gid = wanted.gid THEN (
           SELECT json_agg(json_build_object(
                      'id', listing.id, 'mime_type', listing.mime_type,
                      'suffix', image_type.suffix, 'approved', listing.approved,
                      'front', listing.is_front, 'back', listing.is_back,
                      'comment', listing.comment, 'edit', listing.edit,
                      'types', listing.types, 'ordering', listing.ordering)
                  ORDER BY listing.ordering, listing.id)
             FROM cover_art_archive.index_listing AS listing
             LEFT JOIN cover_art_archive.image_type ON image_type.mime_type = listing.mime_type
            WHERE listing.release = entity.id) END AS images,
       CASE WHEN entity.gid = wanted.gid THEN json_build_object(
           'title', entity.name,
           'status_id', entity.status,
           'status', (SELECT status.name FROM musicbrainz.release_status AS status
                       WHERE status.id = entity.status),
           'language_id', entity.language,
           'language', (SELECT coalesce(language.iso_code_3, language.iso_code_2t)
                          FROM musicbrainz.language WHERE language.id = entity.language),
           'barcode', entity.barcode,
           'asin', meta.amazon_asin,
           'presence', meta.cover_art_presence,
           'artist_credit', entity.artist_credit,
           'artists', (
               SELECT json_agg(json_build_object(
                          'id', credit.artist, 'mbid', artist.gid, 'name', artist.name,
                          'sort_name', artist.sort_name,
                          'country', (SELECT min(country.code)
                                        FROM musicbrainz.iso_3166_1 AS country
                                       WHERE country.area = artist.area))
                      ORDER BY credit.position)
                 FROM musicbrainz.artist_credit_name AS credit
                 LEFT JOIN musicbrainz.artist ON artist.id = credit.artist
                WHERE credit.artist_credit = entity.artist_credit),
           'events', (
               SELECT json_agg(json_build_object(
                          'date', json_build_array(
                              dated.date_year, dated.date_month, dated.date_day),
                          'country', (SELECT min(country.code)
                                        FROM musicbrainz.iso_3166_1 AS country
                                       WHERE country.area = dated.country))
                      ORDER BY dated.date_year, dated.date_month, dated.date_day, dated.country)
                 FROM (SELECT country, date_year, date_month, date_day
                         FROM musicbrainz.release_country WHERE release = entity.id
                        UNION ALL
                       SELECT NULL, date_year, date_month, date_day
                         FROM musicbrainz.release_unknown_country WHERE release = entity.id
                      ) AS dated)
       ) END AS fields
  FROM unnest(%(gids)s::uuid[]) AS wanted (gid)
  LEFT JOIN LATERAL (
       SELECT alive.* FROM musicbrainz.release AS alive WHERE alive.gid = wanted.gid
       UNION ALL
       SELECT survivor.*
         FROM musicbrainz.release_gid_redirect AS merged
         JOIN musicbrainz.release AS survivor ON survivor.id = merged.new_id
        WHERE merged.gid = wanted.gid
       LIMIT 1
  ) AS entity ON true
  LEFT JOIN musicbrainz.release_meta AS meta ON meta.id = entity.id
