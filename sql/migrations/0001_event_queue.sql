-- The event queue as the first generation of the daemon installed it. A database that
-- already holds it is recognised, and this file is recorded there without being run.

CREATE SCHEMA artwork_indexer;

CREATE TYPE artwork_indexer.indexable_entity_type AS ENUM ('event', 'release');

CREATE TYPE artwork_indexer.event_queue_action AS ENUM
    ('index', 'copy_image', 'delete_image', 'deindex', 'noop');

CREATE TYPE artwork_indexer.event_state AS ENUM ('queued', 'running', 'failed', 'completed');

CREATE TABLE artwork_indexer.event_queue (
    id           bigserial,
    state        artwork_indexer.event_state NOT NULL DEFAULT 'queued',
    entity_type  artwork_indexer.indexable_entity_type NOT NULL,
    action       artwork_indexer.event_queue_action NOT NULL,
    message      jsonb NOT NULL,
    depends_on   bigint[],
    created      timestamptz NOT NULL DEFAULT now(),
    attempts     smallint NOT NULL DEFAULT 0,
    last_updated timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_queue_pkey PRIMARY KEY (id)
);

CREATE TABLE artwork_indexer.event_failure_reason (
    event          bigint NOT NULL,
    failure_reason text NOT NULL,
    created        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_failure_reason_fk_event FOREIGN KEY (event)
        REFERENCES artwork_indexer.event_queue (id) ON DELETE CASCADE
);

-- At most one queued event for each identical job.
CREATE UNIQUE INDEX event_queue_idx_queued_uniq
    ON artwork_indexer.event_queue (entity_type, action, message)
    WHERE state = 'queued';

CREATE INDEX event_queue_idx_state_created
    ON artwork_indexer.event_queue (state, created);

CREATE INDEX event_failure_reason_idx_event
    ON artwork_indexer.event_failure_reason (event, created);

CREATE FUNCTION artwork_indexer.b_upd_event_queue() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_updated = OLD.last_updated THEN
        NEW.last_updated := now();
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER b_upd_event_queue BEFORE UPDATE ON artwork_indexer.event_queue
    FOR EACH ROW EXECUTE FUNCTION artwork_indexer.b_upd_event_queue();
