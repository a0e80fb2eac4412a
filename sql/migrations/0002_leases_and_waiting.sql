-- Leases, waiting, priorities: what a queue with several workers and polite retries needs.
-- Every addition is invisible to writers that know only the columns of 0001.

CREATE TYPE artwork_indexer.event_origin AS ENUM ('edit', 'operator', 'audit');
CREATE TYPE artwork_indexer.event_wait AS ENUM ('time', 'parent');

ALTER TABLE artwork_indexer.event_queue
    ADD COLUMN priority      smallint NOT NULL DEFAULT 100,
    ADD COLUMN origin        artwork_indexer.event_origin NOT NULL DEFAULT 'edit',
    ADD COLUMN run_after     timestamptz,
    ADD COLUMN waits_for     artwork_indexer.event_wait,
    ADD COLUMN claimed_by    text,
    ADD COLUMN claimed_at    timestamptz,
    ADD COLUMN lease_expires timestamptz,
    ADD COLUMN claims        integer NOT NULL DEFAULT 0,
    ADD COLUMN crashes       smallint NOT NULL DEFAULT 0,
    ADD COLUMN snoozed_since timestamptz,
    ADD COLUMN completed_at  timestamptz,
    ADD COLUMN remark        text;

COMMENT ON COLUMN artwork_indexer.event_queue.priority IS
    'Higher goes first; user edits 100, audit repairs 10.';
COMMENT ON COLUMN artwork_indexer.event_queue.run_after IS
    'Not before this time. Filled with last_updated + attempts * 1 hour when the writer leaves it out.';
COMMENT ON COLUMN artwork_indexer.event_queue.waits_for IS
    'Why a queued event is kept out of the claim: its time has not come, or a parent is unfinished. NULL = ready. Kept by triggers and by the claim.';
COMMENT ON COLUMN artwork_indexer.event_queue.claims IS
    'How often the event was claimed; with claimed_by it fences off a worker that lost its lease.';
COMMENT ON COLUMN artwork_indexer.event_queue.crashes IS
    'How often a worker stopped renewing its lease on this event.';
COMMENT ON COLUMN artwork_indexer.event_queue.snoozed_since IS
    'When the present row of waits that use no attempt began.';
COMMENT ON COLUMN artwork_indexer.event_queue.remark IS
    'Why the event waits, or why it completed without a write.';

ALTER TABLE artwork_indexer.event_failure_reason
    ADD COLUMN attempt     smallint,
    ADD COLUMN error_class text,
    ADD COLUMN http_status smallint;

-- Rows that are there keep their meaning and their times: a retry waits out its hours, and a
-- running row that was never claimed (no attempt) was put in by hand: it is as old as it says.
ALTER TABLE artwork_indexer.event_queue DISABLE TRIGGER USER;

UPDATE artwork_indexer.event_queue
   SET run_after = last_updated + attempts * interval '1 hour',
       waits_for = CASE WHEN last_updated + attempts * interval '1 hour' > now()
                        THEN 'time'::artwork_indexer.event_wait END
 WHERE state = 'queued';

UPDATE artwork_indexer.event_queue
   SET claimed_at = CASE WHEN attempts = 0 THEN created ELSE last_updated END
 WHERE state = 'running';

ALTER TABLE artwork_indexer.event_queue ENABLE TRIGGER USER;

-- The claim walks this index and nothing else: rows that wait are not in it.
CREATE INDEX event_queue_idx_ready ON artwork_indexer.event_queue
    (entity_type, (action = 'index'), priority DESC, created, id)
    WHERE state = 'queued' AND waits_for IS NULL;

CREATE INDEX event_queue_idx_run_after ON artwork_indexer.event_queue (run_after)
    WHERE state = 'queued' AND waits_for = 'time';

CREATE INDEX event_queue_idx_waits_for_parent ON artwork_indexer.event_queue (id)
    WHERE state = 'queued' AND waits_for = 'parent';

CREATE INDEX event_queue_idx_running ON artwork_indexer.event_queue (id)
    WHERE state = 'running';

CREATE INDEX event_queue_idx_depends_on ON artwork_indexer.event_queue
    USING gin (depends_on) WITH (fastupdate = off)
    WHERE state <> 'completed' AND depends_on IS NOT NULL;

-- Image moves are looked up by image when a chain is built or a delete is checked.
CREATE INDEX event_queue_idx_artwork_id ON artwork_indexer.event_queue
    (entity_type, (message ->> 'artwork_id'), id)
    WHERE state <> 'completed' AND action IN ('copy_image', 'delete_image');

CREATE INDEX event_queue_idx_completed_at ON artwork_indexer.event_queue
    ((coalesce(completed_at, last_updated)))
    WHERE state = 'completed';

-- Rows are short-lived and updated several times: vacuum early, by count rather than by share.
ALTER TABLE artwork_indexer.event_queue SET (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02
);

-- Work that a trigger may not do inside an editor's transaction: a job whose row another
-- transaction holds, one that met an error, or the fan-out of an artist's new name.
CREATE TABLE artwork_indexer.deferred_demand (
    id          bigserial,
    entity_type artwork_indexer.indexable_entity_type NOT NULL,
    action      artwork_indexer.event_queue_action NOT NULL DEFAULT 'index',
    gid         uuid,
    message     jsonb,
    artist      integer,
    last_entity integer NOT NULL DEFAULT 0,
    depends_on  bigint[],
    created     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT deferred_demand_pkey PRIMARY KEY (id),
    CONSTRAINT deferred_demand_check_one_target CHECK (num_nonnulls(gid, message, artist) = 1),
    CONSTRAINT deferred_demand_check_action CHECK (
        CASE WHEN message IS NULL THEN action IN ('index', 'deindex')
             ELSE action IN ('copy_image', 'delete_image') END)
);

COMMENT ON COLUMN artwork_indexer.deferred_demand.gid IS
    'The entity to index or to deindex.';
COMMENT ON COLUMN artwork_indexer.deferred_demand.message IS
    'The move (copy_image, with its delete) or the removal (delete_image) of one image.';
COMMENT ON COLUMN artwork_indexer.deferred_demand.artist IS
    'The artist whose releases are all to be indexed.';
COMMENT ON COLUMN artwork_indexer.deferred_demand.last_entity IS
    'How far the fan-out of an artist has come: the row id of the last release done.';

-- Shared by all processes, and kept over restarts.
CREATE TABLE artwork_indexer.service_pause (
    service      text NOT NULL,
    paused_until timestamptz NOT NULL,
    paused_since timestamptz NOT NULL DEFAULT now(),
    reason       text NOT NULL,
    CONSTRAINT service_pause_pkey PRIMARY KEY (service)
);
