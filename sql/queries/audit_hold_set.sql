-- Keep every process from auditing; answers whether that is new.
INSERT INTO artwork_indexer.audit_hold (name, reason, held_by)
VALUES (%(name)s, %(reason)s, %(held_by)s)
    ON CONFLICT (name) DO NOTHING
