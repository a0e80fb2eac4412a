-- The MBIDs of all events, live or merged, in one text: there are about a hundred thousand.
SELECT coalesce(string_agg(known.gid::text, ' '), '') AS mbids
  FROM (SELECT live.gid FROM musicbrainz.event AS live
         UNION ALL
        SELECT merged.gid FROM musicbrainz.event_gid_redirect AS merged) AS known
