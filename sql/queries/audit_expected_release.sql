-- What MusicBrainz says about each of many MBIDs of releases; one statement is one snapshot.
SELECT wanted.gid::text AS gid,
       entity.gid::text AS entity,
       coalesce(meta.cover_art_presence = 'darkened', false) AS darkened,
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
           'status', (SELECT coalesce(status.name, '') FROM musicbrainz.release_status AS status
                       WHERE status.id = entity.status),
           'status_id', entity.status,
           'language', (SELECT coalesce(language.iso_code_3, language.iso_code_2t)
                          FROM musicbrainz.language WHERE language.id = entity.language),
           'language_id', entity.language,
           'barcode', entity.barcode,
           'asin', meta.amazon_asin,
           'presence', meta.cover_art_presence,
           'artist_credit', entity.artist_credit,
           'artists', (
               SELECT json_agg(json_build_array(
                          artist.gid, artist.name, artist.sort_name,
                          (SELECT min(country.code) FROM musicbrainz.iso_3166_1 AS country
                            WHERE country.area = artist.area),
                          credit.artist)
                      ORDER BY credit.position)
                 FROM musicbrainz.artist_credit_name AS credit
                 LEFT JOIN musicbrainz.artist ON artist.id = credit.artist
                WHERE credit.artist_credit = entity.artist_credit),
           'events', (
               SELECT json_agg(json_build_array(
                          happening.date_year, happening.date_month, happening.date_day,
                          (SELECT min(country.code) FROM musicbrainz.iso_3166_1 AS country
                            WHERE country.area = happening.country))
                      ORDER BY happening.date_year, happening.date_month, happening.date_day,
                               happening.country)
                 FROM (SELECT dated.country, dated.date_year, dated.date_month, dated.date_day
                         FROM musicbrainz.release_country AS dated
                        WHERE dated.release = entity.id
                        UNION ALL
                       SELECT NULL, dated.date_year, dated.date_month, dated.date_day
                         FROM musicbrainz.release_unknown_country AS dated
                        WHERE dated.release = entity.id) AS happening),
           'redirects', (
               SELECT json_agg(redirect.gid ORDER BY redirect.gid)
                 FROM musicbrainz.release_gid_redirect AS redirect
                WHERE redirect.new_id = entity.id)
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
