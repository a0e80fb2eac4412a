-- What a person does to events: requeue, cancel.

CREATE OR REPLACE FUNCTION artwork_indexer.requeue_failed_events(
    events bigint[], OUT event bigint, OUT outcome text
) RETURNS SETOF record
LANGUAGE plpgsql AS $$
DECLARE
    twin bigint;
BEGIN
    -- Failed dependents come along, parents first, so that a chain is whole again.
    FOR event IN
        WITH RECURSIVE chain AS (
            SELECT failed.id FROM artwork_indexer.event_queue AS failed
             WHERE failed.id = ANY (events) AND failed.state = 'failed'
            UNION
            SELECT child.id
              FROM chain
              JOIN artwork_indexer.event_queue AS child
                ON child.state <> 'completed' AND child.depends_on IS NOT NULL
               AND child.depends_on @> ARRAY[chain.id]
             WHERE child.state = 'failed'
        )
        SELECT locked.id FROM artwork_indexer.event_queue AS locked
         WHERE locked.id IN (SELECT chain.id FROM chain) AND locked.state = 'failed'
         ORDER BY locked.id
           FOR UPDATE
    LOOP
        twin := artwork_indexer.supersede_event(event);
        IF twin IS NOT NULL THEN
            outcome := format('the identical event %s is queued already', twin);
        ELSE
            UPDATE artwork_indexer.event_queue AS failed
               SET state = 'queued', attempts = 0, crashes = 0, run_after = clock_timestamp(),
                   snoozed_since = NULL, remark = NULL
             WHERE failed.id = requeue_failed_events.event;
            outcome := 'queued';
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.cancel_events(
    events bigint[], OUT event bigint, OUT dependents integer
) RETURNS SETOF record
LANGUAGE plpgsql AS $$
BEGIN
    -- A cancelled event fails rather than completes: completing would release its dependents,
    -- a delete after a copy that never happened among them.
    FOR event IN
        UPDATE artwork_indexer.event_queue AS queued SET state = 'failed', remark = 'cancelled'
         WHERE queued.id = ANY (events) AND queued.state = 'queued'
        RETURNING queued.id
    LOOP
        INSERT INTO artwork_indexer.event_failure_reason (event, failure_reason, error_class)
        VALUES (cancel_events.event, 'Cancelled by an operator.', 'Cancelled');
        dependents := artwork_indexer.fail_descendants(event);
        RETURN NEXT;
    END LOOP;
END
$$;
