-- The plan of the coming days tells apart what is waiting and what is due at a time, in the index.

DROP INDEX IF EXISTS artwork_indexer.audit_entity_idx_next_audit_at;

CREATE INDEX audit_entity_idx_next_audit_at ON artwork_indexer.audit_entity (next_audit_at)
    INCLUDE (status)
    WHERE status <> 'audit_in_progress' AND next_audit_at IS NOT NULL;

-- Functions whose parameters change; those of this name are installed afterwards.
DROP FUNCTION IF EXISTS artwork_indexer.raise_audits(
    artwork_indexer.indexable_entity_type, uuid[], smallint[], text[]);
DROP FUNCTION IF EXISTS artwork_indexer.seed_entities(
    artwork_indexer.indexable_entity_type, uuid[], smallint[], text[], boolean);
