-- Since when a change of an original has to be explained.

ALTER TABLE artwork_indexer.audit_entity ADD COLUMN last_clean_at timestamptz;

COMMENT ON COLUMN artwork_indexer.audit_entity.last_clean_at IS
    'The last audit whose verdict was clean; what evidence holds of originals is of that time.';
