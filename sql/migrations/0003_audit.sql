-- The audit: which entities are audited when, what was found, what was done about it, and the
-- guardrails that all processes share.

CREATE TYPE artwork_indexer.audit_entity_status AS ENUM (
    'unchecked', 'audit_in_progress', 'clean', 'manual_review', 'repair_queue', 'legacy', 'deferred');
CREATE TYPE artwork_indexer.manual_review_status AS ENUM ('open', 'resolved', 'wont_fix');
CREATE TYPE artwork_indexer.finding_severity AS ENUM ('data', 'content', 'leftover', 'format');

CREATE TABLE artwork_indexer.audit_entity (
    id              bigserial,
    entity_type     artwork_indexer.indexable_entity_type NOT NULL,
    gid             uuid NOT NULL,
    status          artwork_indexer.audit_entity_status NOT NULL DEFAULT 'unchecked',
    priority        smallint NOT NULL DEFAULT 100,
    priority_bonus  smallint NOT NULL DEFAULT 0,
    last_audit_at   timestamptz,
    last_verdict    artwork_indexer.audit_entity_status,
    next_audit_at   timestamptz,
    return_reason   text,
    claimed_by      text,
    claimed_at      timestamptz,
    lease_expires   timestamptz,
    attempts        integer NOT NULL DEFAULT 0,
    crashes         smallint NOT NULL DEFAULT 0,
    repair_rounds   smallint NOT NULL DEFAULT 0,
    deferral_reason text,
    deferrals       integer NOT NULL DEFAULT 0,
    deferred_since  timestamptz,
    evidence        jsonb NOT NULL DEFAULT '{}',
    seeded_from     text,
    CONSTRAINT audit_entity_pkey PRIMARY KEY (id),
    CONSTRAINT audit_entity_uniq UNIQUE (entity_type, gid),
    CONSTRAINT audit_entity_check_priority CHECK (priority >= 0)
);

COMMENT ON COLUMN artwork_indexer.audit_entity.priority IS
    'Higher goes first. Includes priority_bonus.';
COMMENT ON COLUMN artwork_indexer.audit_entity.priority_bonus IS
    'The part of priority that goes with the next verdict: 1000 for a row that returned for a reason.';
COMMENT ON COLUMN artwork_indexer.audit_entity.next_audit_at IS
    'When a waiting row becomes unchecked again. NULL = not by itself. While a row is audited: an earlier time than its verdict asks for.';
COMMENT ON COLUMN artwork_indexer.audit_entity.return_reason IS
    'Why it returns then (verification, second look, event, review); NULL = the regular round.';
COMMENT ON COLUMN artwork_indexer.audit_entity.attempts IS
    'How often the row was claimed; with claimed_by it fences off a worker that lost its lease.';
COMMENT ON COLUMN artwork_indexer.audit_entity.crashes IS
    'How often in a row the lease of an audit ended without a verdict.';
COMMENT ON COLUMN artwork_indexer.audit_entity.repair_rounds IS
    'How often some present finding was repaired already, the repair under way included.';
COMMENT ON COLUMN artwork_indexer.audit_entity.deferrals IS
    'How often in a row there was no verdict for deferral_reason, since deferred_since.';

-- The claim walks this index and nothing else. NULLS FIRST has to be declared: otherwise the
-- claim would sort every unchecked row.
CREATE INDEX audit_entity_idx_unchecked_priority_last_audit_id ON artwork_indexer.audit_entity
    (priority DESC, last_audit_at NULLS FIRST, id)
    WHERE status = 'unchecked';

CREATE INDEX audit_entity_idx_next_audit_at ON artwork_indexer.audit_entity (next_audit_at)
    WHERE status <> 'audit_in_progress' AND next_audit_at IS NOT NULL;

CREATE INDEX audit_entity_idx_in_progress ON artwork_indexer.audit_entity (lease_expires, id)
    WHERE status = 'audit_in_progress';

CREATE INDEX audit_entity_idx_deferral_reason ON artwork_indexer.audit_entity (deferral_reason, id)
    WHERE status = 'deferred';

-- Rows change their place in the claim's index all the time: keep its dead entries few.
ALTER TABLE artwork_indexer.audit_entity SET (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02
);

CREATE TABLE artwork_indexer.needs_manual_review (
    id               bigserial,
    audit_entity_id  bigint NOT NULL,
    review_reason    text NOT NULL,
    status           artwork_indexer.manual_review_status NOT NULL DEFAULT 'open',
    resolution_notes text,
    resolved_at      timestamptz,
    resolved_by      text,
    details          jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT needs_manual_review_pkey PRIMARY KEY (id),
    CONSTRAINT needs_manual_review_fk_audit_entity FOREIGN KEY (audit_entity_id)
        REFERENCES artwork_indexer.audit_entity (id) ON DELETE CASCADE
);

COMMENT ON COLUMN artwork_indexer.needs_manual_review.resolved_by IS
    'A person, or "audit" when a later audit found the matter gone.';

CREATE UNIQUE INDEX needs_manual_review_open_uniq
    ON artwork_indexer.needs_manual_review (audit_entity_id)
    WHERE status = 'open';

CREATE INDEX needs_manual_review_idx_status_created
    ON artwork_indexer.needs_manual_review (status, created_at);

CREATE INDEX needs_manual_review_idx_audit_entity
    ON artwork_indexer.needs_manual_review (audit_entity_id);

-- What is wrong now. A finding that an audit no longer sees is deleted; history remembers it.
CREATE TABLE artwork_indexer.audit_finding (
    audit_entity_id bigint NOT NULL,
    kind            text NOT NULL,
    subject         text NOT NULL,
    severity        artwork_indexer.finding_severity NOT NULL,
    digest          text NOT NULL,
    message         text NOT NULL,
    details         jsonb NOT NULL DEFAULT '{}',
    acknowledged    boolean NOT NULL DEFAULT false,
    first_seen      timestamptz NOT NULL DEFAULT now(),
    last_seen       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_finding_pkey PRIMARY KEY (audit_entity_id, kind, subject),
    CONSTRAINT audit_finding_fk_audit_entity FOREIGN KEY (audit_entity_id)
        REFERENCES artwork_indexer.audit_entity (id) ON DELETE CASCADE
);

COMMENT ON COLUMN artwork_indexer.audit_finding.subject IS
    'What of the entity it is about: an image id, a file, a field, or nothing.';
COMMENT ON COLUMN artwork_indexer.audit_finding.digest IS
    'Changes when the evidence does.';
CREATE INDEX audit_finding_idx_kind ON artwork_indexer.audit_finding (kind, audit_entity_id);

-- A person has seen this evidence and will not act on it.
CREATE TABLE artwork_indexer.audit_acknowledgement (
    audit_entity_id bigint NOT NULL,
    kind            text NOT NULL,
    subject         text NOT NULL,
    digest          text NOT NULL,
    review          bigint,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_acknowledgement_pkey PRIMARY KEY (audit_entity_id, kind, subject, digest),
    CONSTRAINT audit_acknowledgement_fk_audit_entity FOREIGN KEY (audit_entity_id)
        REFERENCES artwork_indexer.audit_entity (id) ON DELETE CASCADE
);

-- The events of a repair. No foreign key: the queue forgets its completed events earlier.
CREATE TABLE artwork_indexer.audit_repair (
    event           bigint NOT NULL,
    audit_entity_id bigint NOT NULL,
    round           smallint NOT NULL,
    kinds           text[] NOT NULL,
    absorbed        boolean NOT NULL DEFAULT false,
    proof           jsonb,
    enqueued_at     timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    outcome         artwork_indexer.event_state,
    verified_at     timestamptz,
    CONSTRAINT audit_repair_pkey PRIMARY KEY (event, audit_entity_id),
    CONSTRAINT audit_repair_fk_audit_entity FOREIGN KEY (audit_entity_id)
        REFERENCES artwork_indexer.audit_entity (id) ON DELETE CASCADE
);

COMMENT ON COLUMN artwork_indexer.audit_repair.kinds IS
    'The kinds of finding that the whole plan is to mend.';
COMMENT ON COLUMN artwork_indexer.audit_repair.absorbed IS
    'An identical event was queued already and does this work too.';
COMMENT ON COLUMN artwork_indexer.audit_repair.outcome IS
    'How the event ended; NULL with ended_at set: it was taken out of the queue.';
COMMENT ON COLUMN artwork_indexer.audit_repair.verified_at IS
    'When a later audit judged whether the repair holds.';

CREATE INDEX audit_repair_idx_audit_entity ON artwork_indexer.audit_repair (audit_entity_id, round);

CREATE INDEX audit_repair_idx_unverified ON artwork_indexer.audit_repair (audit_entity_id)
    WHERE verified_at IS NULL;

CREATE INDEX audit_repair_idx_verified_at ON artwork_indexer.audit_repair (verified_at)
    WHERE verified_at IS NOT NULL;

-- Audits whose verdict was not clean, and the first clean one after them.
CREATE TABLE artwork_indexer.audit_history (
    id              bigserial,
    audit_entity_id bigint NOT NULL,
    audited_at      timestamptz NOT NULL DEFAULT now(),
    verdict         artwork_indexer.audit_entity_status NOT NULL,
    reason          text,
    findings        jsonb NOT NULL DEFAULT '[]',
    events          bigint[],
    CONSTRAINT audit_history_pkey PRIMARY KEY (id),
    CONSTRAINT audit_history_fk_audit_entity FOREIGN KEY (audit_entity_id)
        REFERENCES artwork_indexer.audit_entity (id) ON DELETE CASCADE
);

CREATE INDEX audit_history_idx_audit_entity
    ON artwork_indexer.audit_history (audit_entity_id, audited_at);

CREATE INDEX audit_history_idx_audited_at ON artwork_indexer.audit_history (audited_at);

CREATE TABLE artwork_indexer.audit_total (
    hour        timestamptz NOT NULL,
    entity_type artwork_indexer.indexable_entity_type NOT NULL,
    verdict     artwork_indexer.audit_entity_status NOT NULL,
    reason      text NOT NULL DEFAULT '',
    audits      integer NOT NULL,
    repairs     integer NOT NULL,
    CONSTRAINT audit_total_pkey PRIMARY KEY (hour, entity_type, verdict, reason)
) WITH (fillfactor = 50);

COMMENT ON COLUMN artwork_indexer.audit_total.reason IS
    'Why a verdict was deferred; empty for every other.';
COMMENT ON COLUMN artwork_indexer.audit_total.repairs IS
    'Events enqueued.';

-- What was spent of each budget, by minute, so that no hour and no day, whenever it begins,
-- sees more than was configured.
CREATE TABLE artwork_indexer.audit_budget (
    budget text NOT NULL,
    minute timestamptz NOT NULL,
    spent  integer NOT NULL,
    CONSTRAINT audit_budget_pkey PRIMARY KEY (budget, minute),
    CONSTRAINT audit_budget_check_budget
        CHECK (budget IN ('entities', 'repairs', 'format_repairs', 'deletes'))
) WITH (fillfactor = 50);

-- While a row is here, no audit is claimed and no repair is enqueued.
CREATE TABLE artwork_indexer.audit_hold (
    name    text NOT NULL,
    reason  text NOT NULL,
    held_by text,
    since   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_hold_pkey PRIMARY KEY (name),
    CONSTRAINT audit_hold_check_name CHECK (name IN ('pause', 'brake'))
);

-- One row: what the brake watches.
CREATE TABLE artwork_indexer.audit_brake (
    only_row       boolean NOT NULL DEFAULT true,
    without_health integer NOT NULL DEFAULT 0,
    resumed_at     timestamptz,
    CONSTRAINT audit_brake_pkey PRIMARY KEY (only_row),
    CONSTRAINT audit_brake_check_only_row CHECK (only_row)
);

COMMENT ON COLUMN artwork_indexer.audit_brake.without_health IS
    'Audits since the last healthy entity.';

INSERT INTO artwork_indexer.audit_brake DEFAULT VALUES;

-- The first repairs of each kind of finding must hold before more follow.
CREATE TABLE artwork_indexer.audit_probation (
    kind     text NOT NULL,
    started  integer NOT NULL DEFAULT 0,
    verified integer NOT NULL DEFAULT 0,
    failed   integer NOT NULL DEFAULT 0,
    CONSTRAINT audit_probation_pkey PRIMARY KEY (kind)
);

-- One row: what database functions have to know of the configuration. The daemon writes it.
CREATE TABLE artwork_indexer.audit_setting (
    only_row boolean NOT NULL DEFAULT true,
    settle   interval NOT NULL DEFAULT '24 hours',
    reaudit  interval NOT NULL DEFAULT '90 days',
    CONSTRAINT audit_setting_pkey PRIMARY KEY (only_row),
    CONSTRAINT audit_setting_check_only_row CHECK (only_row)
);

COMMENT ON COLUMN artwork_indexer.audit_setting.settle IS
    'How long after the end of an event its entity is audited.';

INSERT INTO artwork_indexer.audit_setting DEFAULT VALUES;

-- Events that ended while somebody held the row of their entity. Folded in before a claim.
CREATE TABLE artwork_indexer.audit_unnoted_event (
    id       bigserial,
    event    bigint NOT NULL,
    tried_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_unnoted_event_pkey PRIMARY KEY (id)
);

CREATE INDEX event_queue_idx_outstanding_repairs ON artwork_indexer.event_queue (id)
    WHERE origin = 'audit' AND state IN ('queued', 'running');
