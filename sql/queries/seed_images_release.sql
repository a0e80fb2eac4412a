-- One page of images by id, which grows with the time of upload: the releases that have them.
SELECT to_jsonb(max(page.id)) AS last, count(*) AS entries,
       coalesce(array_agg(DISTINCT entity.gid) FILTER (WHERE entity.gid IS NOT NULL), '{}')::text
           AS gids
  FROM (SELECT image.id, image.release
          FROM cover_art_archive.cover_art AS image
         WHERE image.id > (%(after)s::jsonb)::bigint AND image.id <= %(newest)s
         ORDER BY image.id
         LIMIT %(most)s) AS page
  LEFT JOIN musicbrainz.release AS entity ON entity.id = page.release
