-- Remember which text of a repeatable file is in.
INSERT INTO artwork_indexer.schema_function_file (name, checksum)
VALUES (%(name)s, %(checksum)s)
ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now();
