-- Claiming events. One claim runs at a time (advisory lock, held for about a millisecond),
-- so "no two events of one MBID at once" is decided on a consistent view.

CREATE OR REPLACE FUNCTION artwork_indexer.has_unfinished_parent(
    event artwork_indexer.event_queue
) RETURNS boolean
LANGUAGE sql STABLE AS $$
    -- A parent that no longer exists counts as finished. A delete that waits for the proof
    -- of its copy does not hold back the index of the target.
    SELECT event.depends_on IS NOT NULL AND EXISTS (
        SELECT FROM artwork_indexer.event_queue AS parent
         WHERE parent.id = ANY (event.depends_on)
           AND parent.state <> 'completed'
           AND NOT (event.action = 'index'
                AND parent.action = 'delete_image'
                AND parent.state IN ('queued', 'running')
                AND parent.snoozed_since IS NOT NULL))
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.wait_for_parent(
    event artwork_indexer.event_queue
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    -- With the parents locked, one that finishes later is sure to see this row and to
    -- release it. Parents that somebody holds may be finishing now: look again soon.
    PERFORM FROM artwork_indexer.event_queue AS parent
      WHERE parent.id = ANY (event.depends_on) AND parent.state <> 'completed'
        FOR SHARE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE artwork_indexer.event_queue SET waits_for = 'parent' WHERE id = event.id;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.promote_due_events() RETURNS void
LANGUAGE sql
SET enable_seqscan TO off
AS $$
    -- Statement time and not clock time: only a stable value can bound an index scan.
    UPDATE artwork_indexer.event_queue SET waits_for = NULL
     WHERE id IN (
           SELECT due.id FROM artwork_indexer.event_queue AS due
            WHERE due.state = 'queued' AND due.waits_for = 'time'
              AND due.run_after <= statement_timestamp()
            ORDER BY due.run_after
            LIMIT 500
              FOR UPDATE SKIP LOCKED)
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.ready_events(
    entity_types text[], kinds boolean[], busy text[],
    max_attempts integer, index_delay interval, most integer
) RETURNS SETOF artwork_indexer.event_queue
LANGUAGE sql STABLE
SET enable_seqscan TO off
SET enable_bitmapscan TO off
AS $$
    -- One walk of event_queue_idx_ready for each branch (archive, needs the web service or not).
    SELECT ready.*
      FROM unnest(entity_types) AS entity (type)
     CROSS JOIN unnest(kinds) AS kind (is_index)
     CROSS JOIN LATERAL (
           SELECT event.*
             FROM artwork_indexer.event_queue AS event
            WHERE event.state = 'queued' AND event.waits_for IS NULL
              AND event.entity_type = entity.type::artwork_indexer.indexable_entity_type
              AND (event.action = 'index') = kind.is_index
              AND event.attempts < max_attempts
              AND NOT (event.action = 'index' AND event.origin = 'edit' AND event.attempts = 0
                   AND event.created > statement_timestamp() - index_delay)
              AND NOT EXISTS (
                  SELECT FROM unnest(artwork_indexer.event_gids(event.action, event.message))
                           AS touched (gid)
                   WHERE event.entity_type || ':' || touched.gid = ANY (busy))
            ORDER BY event.priority DESC, event.created, event.id
            LIMIT most
           ) AS ready
     ORDER BY ready.priority DESC, ready.created, ready.id
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.claim_events(
    owner text, slots integer, lease interval, max_attempts integer,
    index_delay interval, has_web_service boolean
) RETURNS TABLE (
    id bigint, entity_type text, action text, message jsonb, depends_on bigint[],
    attempts smallint, claims integer, created timestamptz, origin text,
    snoozed_since timestamptz, vanished_parents bigint[]
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    paused text[];
    entity_types text[];
    kinds boolean[] := ARRAY[false];
    busy text[];
    candidate record;
    event artwork_indexer.event_queue;
    touched text[];
    taken integer := 0;
    moment timestamptz;
    parked integer;
    seen integer;
    most integer := slots + 100;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('artwork_indexer'), hashtext('claim_events'));

    paused := ARRAY(SELECT pause.service FROM artwork_indexer.service_pause AS pause
                     WHERE pause.paused_until > statement_timestamp());
    IF 'archive' = ANY (paused) THEN
        RETURN;
    END IF;
    entity_types := ARRAY(
        SELECT type FROM (VALUES ('release', 'caa-keys'), ('event', 'eaa-keys')) AS known (type, keys)
         WHERE keys <> ALL (paused));
    IF has_web_service AND 'musicbrainz' <> ALL (paused) THEN
        kinds := ARRAY[false, true];
    END IF;

    PERFORM artwork_indexer.promote_due_events();
    busy := ARRAY(
        SELECT running.entity_type || ':' || gid
          FROM artwork_indexer.event_queue AS running
         CROSS JOIN unnest(artwork_indexer.event_gids(running.action, running.message)) AS gid
         WHERE running.state = 'running' AND gid IS NOT NULL);

    LOOP
        parked := 0;
        seen := 0;
        FOR candidate IN
            SELECT ready.id FROM artwork_indexer.ready_events(
                entity_types, kinds, busy, max_attempts, index_delay, most) AS ready
        LOOP
            seen := seen + 1;
            EXIT WHEN taken >= slots;
            SELECT locked.* INTO event FROM artwork_indexer.event_queue AS locked
             WHERE locked.id = candidate.id
               AND locked.state = 'queued' AND locked.waits_for IS NULL
               FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
            IF artwork_indexer.has_unfinished_parent(event) THEN
                parked := parked + artwork_indexer.wait_for_parent(event)::integer;
                CONTINUE;
            END IF;
            touched := ARRAY(
                SELECT event.entity_type || ':' || gid
                  FROM unnest(artwork_indexer.event_gids(event.action, event.message)) AS gid
                 WHERE gid IS NOT NULL);
            CONTINUE WHEN touched && busy;
            busy := busy || touched;
            taken := taken + 1;
            moment := clock_timestamp();
            RETURN QUERY
                UPDATE artwork_indexer.event_queue AS mine
                   SET state = 'running', attempts = mine.attempts + 1, claims = mine.claims + 1,
                       claimed_by = owner, claimed_at = moment, lease_expires = moment + lease
                 WHERE mine.id = event.id
                RETURNING mine.id, mine.entity_type::text, mine.action::text, mine.message,
                       mine.depends_on, mine.attempts, mine.claims, mine.created,
                       mine.origin::text, mine.snoozed_since,
                       ARRAY(SELECT parent FROM unnest(mine.depends_on) AS parent
                              WHERE NOT EXISTS (SELECT FROM artwork_indexer.event_queue AS known
                                                 WHERE known.id = parent));
        END LOOP;
        EXIT WHEN taken >= slots OR (parked = 0 AND (seen < most OR most > 100000));
        IF parked = 0 THEN
            -- All of these are held by somebody, a large edit for example: look behind them.
            most := most * 10;
        END IF;
    END LOOP;
END
$$;
