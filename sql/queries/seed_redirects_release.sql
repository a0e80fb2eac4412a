-- One page of the MBIDs of merged releases, by MBID.
SELECT jsonb_build_array(max(page.gid::text)) AS last, count(*) AS entries,
       coalesce(array_agg(page.gid), '{}')::text AS gids
  FROM (SELECT redirect.gid
          FROM musicbrainz.release_gid_redirect AS redirect
         WHERE redirect.gid > (%(after)s::jsonb ->> 0)::uuid
         ORDER BY redirect.gid
         LIMIT %(most)s) AS page
