-- What becomes of a claimed event. Each function is one guarded transition: it answers
-- false (or NULL) when the caller's claim is no longer the row's claim.

CREATE OR REPLACE FUNCTION artwork_indexer.fail_descendants(
    failed_event bigint
) RETURNS integer
LANGUAGE sql AS $$
    WITH RECURSIVE descendant AS (
        SELECT child.id
          FROM artwork_indexer.event_queue AS child
         WHERE child.state <> 'completed' AND child.depends_on IS NOT NULL
           AND child.depends_on @> ARRAY[failed_event]
        UNION
        SELECT child.id
          FROM descendant
          JOIN artwork_indexer.event_queue AS child
            ON child.state <> 'completed' AND child.depends_on IS NOT NULL
           AND child.depends_on @> ARRAY[descendant.id]
    ), failed AS (
        UPDATE artwork_indexer.event_queue AS event SET state = 'failed'
          FROM descendant
         WHERE event.id = descendant.id AND event.state = 'queued'
        RETURNING event.id, event.attempts
    ), reason AS (
        INSERT INTO artwork_indexer.event_failure_reason (event, failure_reason, attempt, error_class)
        SELECT failed.id, format('This event depended on (%s), which failed.', failed_event),
               failed.attempts, 'ParentFailed'
          FROM failed
        RETURNING 1
    )
    SELECT count(*)::integer FROM reason
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.supersede_event(event bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    twin bigint;
BEGIN
    -- An identical job is queued already. It takes over: whoever waited for this event
    -- waits for the other one from now on.
    SELECT other.id INTO twin
      FROM artwork_indexer.event_queue AS this
      JOIN artwork_indexer.event_queue AS other
        ON other.entity_type = this.entity_type AND other.action = this.action
       AND other.message = this.message AND other.state = 'queued' AND other.id <> this.id
     WHERE this.id = supersede_event.event;
    IF twin IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE artwork_indexer.event_queue AS child
       SET depends_on = ARRAY(SELECT DISTINCT CASE parent WHEN supersede_event.event THEN twin ELSE parent END
                                FROM unnest(child.depends_on) AS parent ORDER BY 1)
     WHERE child.state <> 'completed' AND child.depends_on IS NOT NULL
       AND child.depends_on @> ARRAY[supersede_event.event] AND child.id <> twin;
    UPDATE artwork_indexer.event_queue AS other
       SET depends_on = array_remove(other.depends_on, supersede_event.event)
     WHERE other.id = twin AND supersede_event.event = ANY (other.depends_on);
    UPDATE artwork_indexer.event_queue AS this
       SET state = 'failed', remark = format('superseded by event %s', twin)
     WHERE this.id = supersede_event.event;
    RETURN twin;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.fail_event(
    event bigint, owner text, claim integer, reason text, error_class text, http_status integer
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    attempt smallint;
BEGIN
    UPDATE artwork_indexer.event_queue AS this SET state = 'failed', remark = NULL
     WHERE this.id = fail_event.event AND this.state = 'running'
       AND this.claimed_by IS NOT DISTINCT FROM fail_event.owner AND this.claims = fail_event.claim
    RETURNING this.attempts INTO attempt;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO artwork_indexer.event_failure_reason
        (event, failure_reason, attempt, error_class, http_status)
    VALUES (fail_event.event, reason, attempt, fail_event.error_class, fail_event.http_status);
    PERFORM artwork_indexer.fail_descendants(fail_event.event);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.requeue_event(
    event bigint, owner text, claim integer, delay interval, attempts_used integer,
    is_snooze boolean, remark text,
    reason text, error_class text, http_status integer
) RETURNS text
LANGUAGE plpgsql
-- An editor's transaction may hold an identical job that we cannot see yet. We ask again later.
SET lock_timeout TO '2s'
AS $$
DECLARE
    attempt smallint;
    twin bigint;
BEGIN
    -- Answers 'queued', 'superseded', or NULL when the claim is lost.
    SELECT this.attempts INTO attempt FROM artwork_indexer.event_queue AS this
     WHERE this.id = requeue_event.event AND this.state = 'running'
       AND this.claimed_by IS NOT DISTINCT FROM requeue_event.owner
       AND this.claims = requeue_event.claim
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF reason IS NOT NULL THEN
        INSERT INTO artwork_indexer.event_failure_reason
            (event, failure_reason, attempt, error_class, http_status)
        VALUES (requeue_event.event, reason, attempt,
                requeue_event.error_class, requeue_event.http_status);
    END IF;
    -- A trigger may insert the identical job between our look and our write: then look again.
    FOR round IN 1 .. 3 LOOP
        twin := artwork_indexer.supersede_event(requeue_event.event);
        IF twin IS NOT NULL THEN
            INSERT INTO artwork_indexer.event_failure_reason
                (event, failure_reason, attempt, error_class)
            VALUES (requeue_event.event,
                    format('Superseded: the identical event %s is queued and does this work.', twin),
                    attempt, 'Superseded');
            RETURN 'superseded';
        END IF;
        BEGIN
            UPDATE artwork_indexer.event_queue AS this
               SET state = 'queued',
                   attempts = greatest(0, attempt - 1 + attempts_used),
                   run_after = clock_timestamp() + delay,
                   snoozed_since = CASE WHEN is_snooze
                       THEN coalesce(this.snoozed_since, clock_timestamp())
                       ELSE this.snoozed_since END,
                   remark = requeue_event.remark
             WHERE this.id = requeue_event.event;
            RETURN 'queued';
        EXCEPTION WHEN unique_violation THEN
            CONTINUE;
        END;
    END LOOP;
    RAISE EXCEPTION 'event % cannot be queued again: its identical twin comes and goes',
        requeue_event.event USING ERRCODE = 'serialization_failure';
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.rescue_events(
    most_crashes integer, OUT rescued bigint, OUT outcome text
) RETURNS SETOF record
LANGUAGE plpgsql AS $$
DECLARE
    stalled artwork_indexer.event_queue;
BEGIN
    FOR stalled IN
        SELECT running.* FROM artwork_indexer.event_queue AS running
         WHERE running.state = 'running'
           AND CASE WHEN running.lease_expires IS NULL
                    THEN coalesce(running.claimed_at, running.last_updated)
                         < clock_timestamp() - interval '2.5 minutes'
                    ELSE running.lease_expires < clock_timestamp() END
         ORDER BY running.id
         LIMIT 500
           FOR UPDATE SKIP LOCKED
    LOOP
        rescued := stalled.id;
        IF stalled.lease_expires IS NULL THEN
            -- Left by a daemon that keeps no leases.
            PERFORM artwork_indexer.fail_event(
                stalled.id, stalled.claimed_by, stalled.claims,
                'This event has been running for more than 2.5 minutes; its worker is gone.',
                'Stalled', NULL);
            outcome := 'failed';
        ELSIF stalled.crashes + 1 >= most_crashes THEN
            PERFORM artwork_indexer.fail_event(
                stalled.id, stalled.claimed_by, stalled.claims,
                format('Its worker died %s times while it ran, the last one was %s.',
                       stalled.crashes + 1, stalled.claimed_by),
                'Crashed', NULL);
            outcome := 'failed';
        ELSE
            BEGIN
                UPDATE artwork_indexer.event_queue AS event SET crashes = event.crashes + 1
                 WHERE event.id = stalled.id;
                outcome := artwork_indexer.requeue_event(
                    stalled.id, stalled.claimed_by, stalled.claims, interval '0', 0, false, NULL,
                    format('Its worker %s stopped renewing the claim.', stalled.claimed_by),
                    'Crashed', NULL);
            EXCEPTION WHEN lock_not_available THEN
                -- An open edit holds its twin; the others need not wait for that.
                CONTINUE;
            END;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.disown_events(
    owner text, held bigint[], OUT disowned integer
)
LANGUAGE plpgsql AS $$
DECLARE
    stray artwork_indexer.event_queue;
BEGIN
    -- Claims whose answer never reached their owner: give them back before their leases end.
    disowned := 0;
    FOR stray IN
        SELECT running.* FROM artwork_indexer.event_queue AS running
         WHERE running.state = 'running' AND running.claimed_by = disown_events.owner
           AND running.id <> ALL (held)
         ORDER BY running.id
           FOR UPDATE SKIP LOCKED
    LOOP
        BEGIN
            PERFORM artwork_indexer.requeue_event(
                stray.id, stray.claimed_by, stray.claims, interval '0', 0, false, NULL,
                NULL, NULL, NULL);
            disowned := disowned + 1;
        EXCEPTION WHEN lock_not_available THEN
            CONTINUE;
        END;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.fail_orphaned_events(
    grace interval, most integer, OUT failed integer
)
LANGUAGE plpgsql AS $$
DECLARE
    orphan record;
BEGIN
    -- Events that began to wait for a parent after it had failed. The grace is for a person
    -- who requeues a chain row by row.
    failed := 0;
    FOR orphan IN
        SELECT child.id, child.attempts, parent.id AS parent
          FROM artwork_indexer.event_queue AS parent
          JOIN artwork_indexer.event_queue AS child
            ON child.state <> 'completed' AND child.depends_on IS NOT NULL
           AND child.depends_on @> ARRAY[parent.id]
         WHERE parent.state = 'failed' AND parent.last_updated < statement_timestamp() - grace
           AND child.state = 'queued' AND child.waits_for = 'parent'
           AND child.last_updated < statement_timestamp() - grace
         ORDER BY child.id
         LIMIT most
           FOR UPDATE OF child SKIP LOCKED
    LOOP
        UPDATE artwork_indexer.event_queue AS event SET state = 'failed'
         WHERE event.id = orphan.id AND event.state = 'queued';
        CONTINUE WHEN NOT FOUND;
        INSERT INTO artwork_indexer.event_failure_reason
            (event, failure_reason, attempt, error_class)
        VALUES (orphan.id, format('This event depended on (%s), which failed.', orphan.parent),
                orphan.attempts, 'ParentFailed');
        failed := failed + 1 + artwork_indexer.fail_descendants(orphan.id);
    END LOOP;
END
$$;
