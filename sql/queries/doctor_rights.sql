-- Rights that the daemon needs and this role lacks, by schema, table or view, and function.
WITH table_right (name, privileges) AS (
    VALUES ('artwork_indexer.event_queue', 'SELECT, INSERT, UPDATE, DELETE'),
           ('artwork_indexer.event_failure_reason', 'SELECT, INSERT, DELETE'),
           ('artwork_indexer.deferred_demand', 'SELECT, INSERT, UPDATE, DELETE'),
           ('artwork_indexer.service_pause', 'SELECT, INSERT, UPDATE, DELETE'),
           ('artwork_indexer.schema_migration', 'SELECT'),
           ('artwork_indexer.schema_function_file', 'SELECT'),
           ('cover_art_archive.cover_art', 'SELECT'),
           ('cover_art_archive.image_type', 'SELECT'),
           ('cover_art_archive.index_listing', 'SELECT'),
           ('event_art_archive.event_art', 'SELECT'),
           ('event_art_archive.index_listing', 'SELECT'),
           ('musicbrainz.release', 'SELECT'),
           ('musicbrainz.release_meta', 'SELECT'),
           ('musicbrainz.release_gid_redirect', 'SELECT'),
           ('musicbrainz.event', 'SELECT'),
           ('musicbrainz.event_meta', 'SELECT'),
           ('musicbrainz.event_gid_redirect', 'SELECT')
)
SELECT 'use the schema' AS privileges, nspname::text AS name
  FROM pg_namespace
 WHERE nspname IN ('artwork_indexer', 'musicbrainz', 'cover_art_archive', 'event_art_archive')
   AND NOT has_schema_privilege(pg_namespace.oid, 'USAGE')
UNION ALL
SELECT string_agg(privilege, ', ' ORDER BY privilege), table_right.name
  FROM table_right
  JOIN pg_namespace ON nspname = split_part(name, '.', 1)
  JOIN pg_class ON relnamespace = pg_namespace.oid AND relname = split_part(name, '.', 2)
 CROSS JOIN unnest(string_to_array(privileges, ', ')) AS privilege
 WHERE NOT has_table_privilege(pg_class.oid, privilege)
 GROUP BY table_right.name
UNION ALL
SELECT 'EXECUTE', pg_proc.oid::regprocedure::text
  FROM pg_proc
  JOIN pg_namespace ON pg_namespace.oid = pronamespace AND nspname = 'artwork_indexer'
 WHERE prorettype <> 'trigger'::regtype
   AND NOT has_function_privilege(pg_proc.oid, 'EXECUTE')
 ORDER BY 2, 1
