-- About how many MBIDs of merged releases are beyond one; NULL when the table was never analyzed.
SELECT CASE WHEN relation.reltuples >= 0
            -- MBIDs are random: what is left of all possible ones is left of those that there are.
            THEN round(relation.reltuples
                       * (1 - ('x' || left(%(after)s::text, 8))::bit(32)::bigint / 2 ^ 32))::bigint
       END AS entries
  FROM pg_catalog.pg_class AS relation
 WHERE relation.oid = 'musicbrainz.release_gid_redirect'::regclass
