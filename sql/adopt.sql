-- Brings a schema that the existing daemon installed to exactly what 0001 makes. The runner
-- has compared types and columns before; names of constraints and missing indexes are left.

DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT con.conrelid::regclass AS owner, con.conname AS present, wanted.name
          FROM pg_constraint AS con
          JOIN (VALUES ('artwork_indexer.event_queue'::regclass, 'p', 'event_queue_pkey'),
                       ('artwork_indexer.event_failure_reason'::regclass, 'f',
                        'event_failure_reason_fk_event')) AS wanted (owner, kind, name)
            ON wanted.owner = con.conrelid AND wanted.kind = con.contype::text
         WHERE con.conname <> wanted.name
    LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I',
                       found.owner, found.present, found.name);
    END LOOP;
END
$$;

CREATE INDEX IF NOT EXISTS event_queue_idx_state_created
    ON artwork_indexer.event_queue (state, created);

CREATE INDEX IF NOT EXISTS event_failure_reason_idx_event
    ON artwork_indexer.event_failure_reason (event, created);
