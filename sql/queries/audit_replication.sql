-- Whether this database is a replication mirror, and what is the data's age.
WITH art AS (
    SELECT pg_class.oid FROM pg_catalog.pg_class
      JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = 'cover_art_archive' AND relname = 'cover_art'
)
SELECT NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint JOIN art ON art.oid = conrelid
                     WHERE conname = 'cover_art_fk_release')
        AND EXISTS (SELECT FROM pg_catalog.pg_trigger JOIN art ON art.oid = tgrelid
                     WHERE tgname = 'resquence_cover_art')) AS is_mirror,
       (SELECT extract(epoch FROM max(control.last_replication_date))::float8
          FROM musicbrainz.replication_control AS control) AS replicated_until
