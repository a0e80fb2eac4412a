-- One page of releases by row id: those with art, or those without.
SELECT to_jsonb(max(page.id)) AS last, count(*) AS entries,
       coalesce(array_agg(page.gid) FILTER (WHERE page.has_art = %(has_art)s), '{}')::text AS gids
  FROM (SELECT entity.id, entity.gid,
               -- Not EXISTS, for which all images may be read into memory once a page.
               (SELECT true FROM cover_art_archive.cover_art AS image
                 WHERE image.release = entity.id LIMIT 1) IS NOT NULL AS has_art
          FROM musicbrainz.release AS entity
         WHERE entity.id > (%(after)s::jsonb)::bigint
         ORDER BY entity.id
         LIMIT %(most)s) AS page
