-- Remember that a migration is in.
INSERT INTO artwork_indexer.schema_migration (version, name, checksum, adopted)
VALUES (%(version)s, %(name)s, %(checksum)s, %(adopted)s);
