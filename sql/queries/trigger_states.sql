-- Our triggers on MusicBrainz's tables, and whether each is enabled.
SELECT tgname::text AS name, tgenabled IN ('O', 'A') AS is_enabled
  FROM pg_catalog.pg_trigger
 WHERE NOT tgisinternal
   AND starts_with(tgname::text, 'artwork_indexer_')
   AND tgrelid = ANY (SELECT to_regclass(watched.name) FROM unnest(%(tables)s::text[]) AS watched (name))
