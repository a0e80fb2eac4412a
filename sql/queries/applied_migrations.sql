-- Migrations that are in, oldest first.
SELECT version, name, checksum, applied_at, adopted
  FROM artwork_indexer.schema_migration
 ORDER BY version
