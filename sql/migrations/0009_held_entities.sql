-- Functions whose results change; those of this name are installed afterwards.

DROP FUNCTION IF EXISTS artwork_indexer.raise_audits(bigint[], smallint[], text[], text);
DROP FUNCTION IF EXISTS artwork_indexer.seed_entities(
    artwork_indexer.indexable_entity_type, uuid[], smallint[], text[], text, boolean);

COMMENT ON COLUMN artwork_indexer.audit_seeding.position IS
    'Where the next batch begins, as the source understands it; and under "held" what was left '
    'out because somebody had its row';
