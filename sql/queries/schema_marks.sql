-- What kind of database this is, read from the catalogue, which asks for no privileges.
WITH needed AS (
    SELECT name, pg_class.oid,
           has_schema_privilege(pg_namespace.oid, 'USAGE')
           AND has_table_privilege(pg_class.oid, 'SELECT')
           AND has_table_privilege(pg_class.oid, 'TRIGGER') AS is_usable
      FROM unnest(%(tables)s::text[]) AS name
      LEFT JOIN pg_namespace ON nspname = split_part(name, '.', 1)
      LEFT JOIN pg_class ON relnamespace = pg_namespace.oid AND relname = split_part(name, '.', 2)
), art AS (
    SELECT pg_class.oid FROM pg_class
      JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = 'cover_art_archive' AND relname = 'cover_art'
)
SELECT current_setting('server_version_num')::integer AS server_version,
       current_database() AS database,
       current_user AS role,
       has_database_privilege(current_database(), 'CREATE') AS may_create,
       ARRAY(SELECT name FROM unnest(ARRAY['musicbrainz', 'cover_art_archive', 'event_art_archive'])
               AS name
              WHERE to_regnamespace(name) IS NULL) AS missing_schemas,
       ARRAY(SELECT name FROM needed WHERE oid IS NULL) AS missing_tables,
       ARRAY(SELECT name FROM needed WHERE oid IS NOT NULL AND NOT is_usable) AS forbidden_tables,
       to_regnamespace('artwork_indexer') IS NOT NULL AS has_schema,
       coalesce(has_schema_privilege(to_regnamespace('artwork_indexer')::oid, 'USAGE'), true)
           AS may_use_schema,
       EXISTS (SELECT FROM pg_class WHERE relname = 'schema_migration'
                  AND relnamespace = to_regnamespace('artwork_indexer')) AS has_versions,
       EXISTS (SELECT FROM pg_constraint JOIN art ON art.oid = conrelid
                WHERE conname = 'cover_art_fk_release')
       AND EXISTS (SELECT FROM pg_trigger JOIN art ON art.oid = tgrelid
                    WHERE tgname = 'resquence_cover_art') AS is_master
