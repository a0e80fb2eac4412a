-- Our triggers on MusicBrainz's tables.
SELECT tgname::text AS name, pg_get_triggerdef(pg_trigger.oid) AS definition
  FROM pg_trigger
  JOIN pg_class ON pg_class.oid = tgrelid
  JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE NOT tgisinternal
   AND starts_with(tgname::text, 'artwork_indexer_')
   AND nspname || '.' || relname = ANY (%(tables)s::text[])
