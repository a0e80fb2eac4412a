-- What kind of database this is, from names alone.
SELECT current_setting('server_version_num')::integer AS server_version,
       current_database() AS database,
       current_user AS role,
       has_database_privilege(current_database(), 'CREATE') AS may_create,
       ARRAY(SELECT name FROM unnest(ARRAY['musicbrainz', 'cover_art_archive', 'event_art_archive'])
               AS needed (name)
              WHERE to_regnamespace(name) IS NULL) AS missing_schemas,
       ARRAY(SELECT name FROM unnest(%(tables)s::text[]) AS needed (name)
              WHERE to_regclass(name) IS NULL) AS missing_tables,
       ARRAY(SELECT name FROM unnest(%(tables)s::text[]) AS needed (name)
              WHERE to_regclass(name) IS NOT NULL
                AND NOT (has_table_privilege(to_regclass(name), 'SELECT')
                     AND has_table_privilege(to_regclass(name), 'TRIGGER'))) AS forbidden_tables,
       to_regnamespace('artwork_indexer') IS NOT NULL AS has_schema,
       to_regclass('artwork_indexer.schema_migration') IS NOT NULL AS has_versions,
       EXISTS (SELECT FROM pg_constraint
                WHERE conrelid = to_regclass('cover_art_archive.cover_art')
                  AND conname = 'cover_art_fk_release')
       AND EXISTS (SELECT FROM pg_trigger
                    WHERE tgrelid = to_regclass('cover_art_archive.cover_art')
                      AND tgname = 'resquence_cover_art') AS is_master
