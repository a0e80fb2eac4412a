-- Our triggers on MusicBrainz's tables.
SELECT tgname::text AS name, pg_get_triggerdef(oid) AS definition
  FROM pg_trigger
 WHERE NOT tgisinternal
   AND starts_with(tgname::text, 'artwork_indexer_')
   AND tgrelid = ANY (SELECT to_regclass(name) FROM unnest(%(tables)s::text[]) AS watched (name))
