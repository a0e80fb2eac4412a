-- The repair that an audit plans: enqueued whole or not at all, and judged by a later audit.

CREATE OR REPLACE FUNCTION artwork_indexer.verify_repairs(
    entity bigint, findings jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present constant text[] := ARRAY(
        SELECT DISTINCT seen.kind FROM jsonb_to_recordset(findings) AS seen (kind text));
BEGIN
    -- A repair has been judged when all of its events have ended and an audit has looked again.
    IF NOT EXISTS (SELECT FROM artwork_indexer.audit_repair AS repair
                    WHERE repair.audit_entity_id = entity AND repair.verified_at IS NULL) THEN
        RETURN;
    END IF;
    -- Nobody told of the end of an event whose table was emptied, or its triggers disabled.
    UPDATE artwork_indexer.audit_repair AS repair SET ended_at = clock_timestamp()
     WHERE repair.audit_entity_id = entity AND repair.verified_at IS NULL
       AND repair.ended_at IS NULL
       AND NOT EXISTS (SELECT FROM artwork_indexer.event_queue AS event
                        WHERE event.id = repair.event AND event.state IN ('queued', 'running'));
    IF EXISTS (SELECT FROM artwork_indexer.audit_repair AS repair
                WHERE repair.audit_entity_id = entity AND repair.verified_at IS NULL
                  AND repair.ended_at IS NULL) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('artwork_indexer'), hashtext('audit_repairs'));
    WITH judged AS (
        UPDATE artwork_indexer.audit_repair AS repair SET verified_at = clock_timestamp()
         WHERE repair.audit_entity_id = entity AND repair.verified_at IS NULL
        RETURNING repair.round, repair.kinds
    ), repaired AS (
        SELECT DISTINCT judged.round, kind FROM judged CROSS JOIN unnest(judged.kinds) AS kind
    )
    UPDATE artwork_indexer.audit_probation AS trial
       SET verified = trial.verified + (count.kind <> ALL (present))::integer * count.rounds,
           failed = trial.failed + (count.kind = ANY (present))::integer * count.rounds
      FROM (SELECT repaired.kind, count(*)::integer AS rounds FROM repaired
             GROUP BY repaired.kind) AS count
     WHERE trial.kind = count.kind;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.enqueue_repair(
    target artwork_indexer.indexable_entity_type,
    act artwork_indexer.event_queue_action, job jsonb, parents bigint[],
    OUT event bigint, OUT is_new boolean
)
LANGUAGE plpgsql AS $$
DECLARE
    mbid text;
BEGIN
    -- Fails with lock_not_available when an edit under way, or an event that is queued
    -- already, wants something of the same entity that this must not mix with.
    FOREACH mbid IN ARRAY artwork_indexer.event_gids(act, job) LOOP
        IF NOT artwork_indexer.try_lock_entity(target, mbid::uuid) THEN
            RAISE EXCEPTION '% is being edited', mbid USING ERRCODE = 'lock_not_available';
        END IF;
    END LOOP;
    INSERT INTO artwork_indexer.event_queue AS queued
           (entity_type, action, message, depends_on, priority, origin)
    VALUES (target, act, job, nullif(parents, '{}'), 10, 'audit')
        ON CONFLICT (entity_type, action, message) WHERE state = 'queued' DO NOTHING
    RETURNING queued.id INTO event;
    is_new := event IS NOT NULL;
    IF is_new THEN
        RETURN;
    END IF;
    -- What copies or deletes keeps the dependencies it was queued with: leave it to its owner.
    IF act NOT IN ('copy_image', 'delete_image', 'deindex') THEN
        SELECT twin.id INTO event FROM artwork_indexer.event_queue AS twin
         WHERE twin.state = 'queued' AND twin.entity_type = target
           AND twin.action = act AND twin.message = job
           FOR UPDATE SKIP LOCKED;
    END IF;
    IF event IS NULL THEN
        RAISE EXCEPTION 'an identical % is queued already', act
            USING ERRCODE = 'lock_not_available';
    END IF;
    -- An editor's job does not wait for our repairs.
    UPDATE artwork_indexer.event_queue AS twin
       SET depends_on = ARRAY(SELECT DISTINCT parent
                                FROM unnest(coalesce(twin.depends_on, '{}') || parents) AS parent
                               WHERE parent <> twin.id ORDER BY parent)
     WHERE twin.id = event AND twin.origin = 'audit'
       AND NOT coalesce(twin.depends_on, '{}') @> parents;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.enqueue_plan(
    entity bigint, repair_round integer, plan jsonb, kinds text[],
    OUT events bigint[], OUT enqueued integer
)
LANGUAGE plpgsql AS $$
DECLARE
    step record;
    parents bigint[];
    made record;
BEGIN
    events := '{}';
    enqueued := 0;
    FOR step IN
        SELECT planned.* FROM ROWS FROM (jsonb_to_recordset(plan) AS (
               entity_type artwork_indexer.indexable_entity_type,
               action artwork_indexer.event_queue_action, message jsonb, depends_on integer[],
               proof jsonb)) WITH ORDINALITY
               AS planned (entity_type, action, message, depends_on, proof, place)
         ORDER BY planned.place
    LOOP
        -- Positions in the plan, counted from 0, become ids.
        parents := ARRAY(SELECT events[position + 1] FROM unnest(step.depends_on) AS position);
        made := artwork_indexer.enqueue_repair(
            step.entity_type, step.action, step.message, parents);
        events := events || made.event;
        enqueued := enqueued + made.is_new::integer;
        INSERT INTO artwork_indexer.audit_repair AS repair
               (event, audit_entity_id, round, kinds, absorbed, proof)
        VALUES (made.event, entity, repair_round, kinds, NOT made.is_new, step.proof)
            ON CONFLICT (event, audit_entity_id) DO UPDATE
           SET round = excluded.round, kinds = excluded.kinds, ended_at = NULL, outcome = NULL,
               verified_at = NULL;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.count_deletes(plan jsonb) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT count(*)::integer FROM jsonb_array_elements(plan) AS planned
     WHERE planned ->> 'action' = 'delete_image'
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.lacks_only_originals(entity bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    -- Whether a person is asked about nothing but originals that are missing: a copy from the
    -- item where one of them lies astray is the answer, and must not wait for another.
    SELECT coalesce(bool_and(asked.finding ->> 'kind' IN ('original-missing', 'item-missing')), false)
      FROM artwork_indexer.needs_manual_review AS review
     CROSS JOIN LATERAL jsonb_array_elements(
           CASE jsonb_typeof(review.details -> 'findings')
                WHEN 'array' THEN review.details -> 'findings' ELSE '[{}]' END) AS asked (finding)
     WHERE review.audit_entity_id = entity AND review.status = 'open'
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.refuse_foreign_writes(
    entity bigint, plan jsonb
) RETURNS text
LANGUAGE plpgsql
SET enable_seqscan TO off
SET enable_hashjoin TO off
SET enable_mergejoin TO off
AS $$
DECLARE
    written constant bigint[] := ARRAY(
        SELECT other.id
          FROM jsonb_to_recordset(plan) AS planned (
               entity_type artwork_indexer.indexable_entity_type, message jsonb)
          JOIN artwork_indexer.audit_entity AS other
            ON other.entity_type = planned.entity_type
           AND other.gid = coalesce(
               planned.message ->> 'new_gid', planned.message ->> 'gid')::uuid
         WHERE other.id <> entity);
    other artwork_indexer.audit_entity;
    seen bigint[] := '{}';
BEGIN
    -- Why a plan may not write to the items of other entities, or NULL. As long as a person is
    -- asked about one of them, or has answered and no audit has seen it since, nothing is
    -- enqueued for it on behalf of anybody. That its item could be read, and no longer than
    -- this audit ago, is known: the plan was made from it.
    --
    -- The share lock is held until the commit. An audit of that entity that is being finished
    -- meanwhile takes its row before its last look, and so sees the events of this plan; where
    -- it was first, its row is not to be had.
    FOR other IN
        SELECT known.* FROM artwork_indexer.audit_entity AS known
         WHERE known.id = ANY (written)
         ORDER BY known.id
           FOR SHARE SKIP LOCKED
    LOOP
        seen := seen || other.id;
        CONTINUE WHEN artwork_indexer.lacks_only_originals(other.id);
        IF other.status = 'manual_review'
        OR coalesce(other.last_verdict = 'manual_review', false)
        OR EXISTS (SELECT FROM artwork_indexer.needs_manual_review AS review
                    WHERE review.audit_entity_id = other.id AND review.status = 'open') THEN
            RETURN 'owner-in-review';
        END IF;
    END LOOP;
    RETURN CASE WHEN NOT seen @> written THEN 'open-events' END;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.start_repair(
    entity bigint, repair_round integer, plan jsonb, kinds text[],
    is_format boolean, limits jsonb,
    OUT refusal text, OUT events bigint[], OUT enqueued integer
)
LANGUAGE plpgsql
-- An editor may hold an identical job that we cannot see yet.
SET lock_timeout TO '1s'
AS $$
DECLARE
    size constant integer := jsonb_array_length(plan);
    deletes constant integer := artwork_indexer.count_deletes(plan);
BEGIN
    -- The whole plan or nothing of it. The caller holds the lock of the budgets.
    enqueued := 0;
    refusal := coalesce(
        artwork_indexer.refuse_foreign_writes(entity, plan),
        artwork_indexer.refuse_repair(size, deletes, is_format, kinds, limits));
    IF refusal IS NOT NULL THEN
        RETURN;
    END IF;
    BEGIN
        SELECT made.events, made.enqueued INTO events, enqueued
          FROM artwork_indexer.enqueue_plan(entity, repair_round, plan, kinds) AS made;
    EXCEPTION WHEN lock_not_available THEN
        refusal := 'open-events';
        events := NULL;
        enqueued := 0;
        RETURN;
    END;
    PERFORM artwork_indexer.charge_audit_budget('repairs', size);
    PERFORM artwork_indexer.charge_audit_budget('format_repairs', size * is_format::integer);
    PERFORM artwork_indexer.charge_audit_budget('deletes', deletes);
    INSERT INTO artwork_indexer.audit_probation AS trial (kind, started)
    SELECT DISTINCT kind, 1 FROM unnest(kinds) AS kind
        ON CONFLICT (kind) DO UPDATE SET started = trial.started + 1;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.lacks_only_leave(reason text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- Deferred although all is known: as soon as it is allowed, the repair can begin. It waits
    -- for something that asks for a person itself, so nobody is asked about the wait.
    SELECT split_part(reason, ':', 1) IN (
        'report-mode', 'no-budget', 'probation', 'held', 'owner-in-review')
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.wait_after_refusal(
    refusal text, times integer
) RETURNS interval
LANGUAGE sql STABLE AS $$
    SELECT artwork_indexer.growing_wait(CASE
        WHEN refusal = 'held' OR refusal LIKE '%_hour' OR refusal LIKE '%_outstanding_repairs'
            THEN interval '1 hour'
        WHEN refusal LIKE '%_day' THEN interval '6 hours'
        -- What came to no verdict is never repeated at once.
        ELSE (SELECT greatest(setting.settle, interval '1 second')
                FROM artwork_indexer.audit_setting AS setting)
        END, times)
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.times_deferred(
    entity artwork_indexer.audit_entity, reason text
) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    -- How often in a row, this time included.
    SELECT CASE WHEN reason = entity.deferral_reason THEN entity.deferrals + 1 ELSE 1 END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.settle_repair(
    entity artwork_indexer.audit_entity, document jsonb, limits jsonb,
    INOUT verdict artwork_indexer.audit_entity_status, INOUT reason text,
    INOUT due timestamptz, INOUT evidence jsonb, INOUT rounds integer,
    OUT question text, OUT events bigint[], OUT enqueued integer
)
LANGUAGE plpgsql AS $$
DECLARE
    plan constant jsonb := document -> 'plan';
    is_format constant boolean := document -> 'is_format';
    reaudit constant timestamptz := coalesce(due, now()
        + (SELECT setting.reaudit FROM artwork_indexer.audit_setting AS setting));
    excess record;
    refusal text;
BEGIN
    -- What becomes of a verdict, now that its repair is or is not to be had.
    PERFORM pg_advisory_xact_lock(hashtext('artwork_indexer'), hashtext('audit_repairs'));
    SELECT bound.* INTO excess FROM artwork_indexer.exceeded_limit(
        jsonb_array_length(plan), artwork_indexer.count_deletes(plan), is_format, limits) AS bound;
    IF excess.key IS NOT NULL THEN
        refusal := 'no-budget: ' || excess.key;
    ELSE
        SELECT started.refusal, started.events, started.enqueued INTO refusal, events, enqueued
          FROM artwork_indexer.start_repair(
               entity.id, rounds, plan,
               ARRAY(SELECT jsonb_array_elements_text(document -> 'kinds')),
               is_format, limits) AS started;
    END IF;
    IF refusal IS NULL THEN
        -- The end of the events makes it due. Should nobody tell of that, so does this.
        due := reaudit;
        RETURN;
    END IF;
    -- Nothing was repaired, so no round of repair is counted.
    rounds := entity.repair_rounds;
    evidence := (evidence - 'rounds') || CASE WHEN entity.evidence ? 'rounds'
        THEN jsonb_build_object('rounds', entity.evidence -> 'rounds') ELSE '{}' END;
    reason := refusal;
    IF refusal = 'no-budget: format_repairs_per_day' OR is_format AND excess.key IS NOT NULL THEN
        verdict := 'clean';
        due := reaudit;
    ELSIF excess.key IS NOT NULL THEN
        -- To wait for it, or to pull the brake, would be in vain.
        verdict := 'manual_review';
        reason := 'too-large: ' || excess.key;
        due := reaudit;
        question := artwork_indexer.describe_exceeded_limit(
            entity, excess.key, excess.wanted, excess.allowed);
    ELSE
        verdict := 'deferred';
        due := now() + artwork_indexer.wait_after_refusal(
            refusal, artwork_indexer.times_deferred(entity, refusal));
    END IF;
END
$$;
