-- About how many events are beyond a row id; NULL when the table was never analyzed.
SELECT CASE WHEN relation.reltuples >= 0
            THEN round(relation.reltuples * (extent.top - %(after)s)::float8
                       / nullif(extent.top, 0))::bigint
       END AS entries
  FROM pg_catalog.pg_class AS relation,
       (SELECT max(entity.id) AS top FROM musicbrainz.event AS entity) AS extent
 WHERE relation.oid = 'musicbrainz.event'::regclass
