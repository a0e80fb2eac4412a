-- Functions of the audit whose parameters change. Those of this name are installed afterwards.

DROP FUNCTION IF EXISTS artwork_indexer.wait_after_refusal(text);
DROP FUNCTION IF EXISTS artwork_indexer.settle_repair(
    artwork_indexer.audit_entity, jsonb, jsonb, artwork_indexer.audit_entity_status, text,
    timestamptz, jsonb, integer);
DROP FUNCTION IF EXISTS artwork_indexer.write_verdict(
    bigint, artwork_indexer.audit_entity_status, text, timestamptz, integer, jsonb);
