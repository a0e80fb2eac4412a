-- Repeatable files that are in.
SELECT name, checksum, applied_at FROM artwork_indexer.schema_function_file ORDER BY name
