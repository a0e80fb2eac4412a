-- How far each source of entities for the audit was read.

CREATE TABLE artwork_indexer.audit_seeding (
    source      text NOT NULL,
    position    jsonb NOT NULL DEFAULT '{}',
    revision    integer NOT NULL DEFAULT 1,
    inserted    bigint NOT NULL DEFAULT 0,
    already     bigint NOT NULL DEFAULT 0,
    skipped     bigint NOT NULL DEFAULT 0,
    refused     bigint NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT audit_seeding_pkey PRIMARY KEY (source)
);

COMMENT ON COLUMN artwork_indexer.audit_seeding.position IS
    'Where the next batch begins, in the words of its source. Written together with the batch before it.';
COMMENT ON COLUMN artwork_indexer.audit_seeding.revision IS
    'Grows with each batch, so that of two runs at once only one goes on.';
COMMENT ON COLUMN artwork_indexer.audit_seeding.already IS
    'Counts are of the pass that began at started_at.';
COMMENT ON COLUMN artwork_indexer.audit_seeding.finished_at IS
    'NULL: the pass is under way, or was stopped and goes on where it was.';
