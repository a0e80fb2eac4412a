-- One page of merges by time: the MBIDs that were merged, and where that may have brought art.
SELECT (array_agg(jsonb_build_array(page.created, page.gid)
           ORDER BY page.created DESC, page.gid DESC))[1] AS last,
       count(*) AS entries, coalesce(array_agg(page.gid), '{}')::text AS gids,
       coalesce(array_agg(DISTINCT target.gid) FILTER (WHERE target.gid IS NOT NULL), '{}')::text
           AS targets
  FROM (SELECT redirect.gid, redirect.new_id, redirect.created
          FROM musicbrainz.event_gid_redirect AS redirect
         WHERE (redirect.created, redirect.gid)
               > ((%(after)s::jsonb ->> 0)::timestamptz, (%(after)s::jsonb ->> 1)::uuid)
           AND redirect.created <= now()
         ORDER BY redirect.created, redirect.gid
         LIMIT %(most)s) AS page
  LEFT JOIN musicbrainz.event AS target
    ON target.id = page.new_id
   AND (SELECT true FROM event_art_archive.event_art AS image
         WHERE image.event = target.id LIMIT 1) IS NOT NULL
