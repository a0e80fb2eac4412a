-- What the triggers on MusicBrainz's tables ask the queue for. A trigger must neither fail nor
-- wait for another editor, so whatever somebody else holds goes to deferred_demand, and the
-- daemon folds it into the queue when the other transaction has ended.

CREATE OR REPLACE FUNCTION artwork_indexer.try_lock_entity(
    entity artwork_indexer.indexable_entity_type, mbid uuid
) RETURNS boolean
LANGUAGE sql AS $$
    -- 1,024 locks for all entities, so that one large transaction cannot fill the server's
    -- lock table. Two entities that share a lock merely defer each other's work.
    SELECT pg_try_advisory_xact_lock(
        hashtext('artwork_indexer ' || entity::text), hashtext(mbid::text) & 1023)
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.try_event(
    entity artwork_indexer.indexable_entity_type,
    act artwork_indexer.event_queue_action,
    job jsonb,
    parents bigint[]
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    queued bigint;
BEGIN
    -- Answers the id of the queued event that will do the job, or NULL when another
    -- transaction holds that event.
    INSERT INTO artwork_indexer.event_queue AS event (entity_type, action, message, depends_on)
    VALUES (entity, act, job, parents)
        ON CONFLICT (entity_type, action, message) WHERE state = 'queued' DO NOTHING
    RETURNING event.id INTO queued;
    IF queued IS NOT NULL THEN
        RETURN queued;
    END IF;
    -- The lock keeps the claim away until this edit is committed: a job that started now
    -- would not see the edit.
    SELECT event.id INTO queued FROM artwork_indexer.event_queue AS event
     WHERE event.state = 'queued' AND event.entity_type = entity
       AND event.action = act AND event.message = job
       FOR UPDATE SKIP LOCKED;
    PERFORM artwork_indexer.renew_demand(queued, parents);
    RETURN queued;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.renew_demand(
    queued bigint, parents bigint[]
) RETURNS void
LANGUAGE sql AS $$
    -- An edit wants what is queued already: it waits for more parents, but neither for the
    -- end of a back-off nor behind other repairs. created stays, so a burst is one job.
    UPDATE artwork_indexer.event_queue AS event
       SET depends_on = CASE
               WHEN event.depends_on @> parents OR parents IS NULL THEN event.depends_on
               ELSE ARRAY(SELECT DISTINCT unnest(event.depends_on || parents) ORDER BY 1) END,
           priority = greatest(event.priority, 100),
           origin = CASE event.origin WHEN 'audit' THEN 'edit' ELSE event.origin END,
           run_after = least(event.run_after, now()),
           attempts = 0,
           snoozed_since = NULL,
           remark = NULL,
           -- Its parent may finish while we hold the row, and pass over it: the claim looks again.
           waits_for = NULL
     WHERE event.id = queued
       AND (NOT coalesce(event.depends_on, '{}') @> coalesce(parents, '{}')
            OR event.priority < 100 OR event.origin = 'audit'
            OR event.attempts > 0 OR event.run_after > now() OR event.waits_for = 'parent')
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.want_event(
    entity artwork_indexer.indexable_entity_type,
    act artwork_indexer.event_queue_action,
    job jsonb,
    parents bigint[] DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    queued bigint := artwork_indexer.try_event(entity, act, job, parents);
BEGIN
    -- Answers the id of the queued event that does the job.
    IF queued IS NULL THEN
        RAISE EXCEPTION 'another transaction holds the queued % of %', act, job
            USING ERRCODE = 'lock_not_available';
    END IF;
    RETURN queued;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.try_index(
    entity artwork_indexer.indexable_entity_type, mbid uuid, parents bigint[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT artwork_indexer.try_lock_entity(entity, mbid) THEN
        RETURN false;
    END IF;
    RETURN artwork_indexer.try_event(
        entity, 'index', jsonb_build_object('gid', mbid), parents) IS NOT NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.want_index(
    entity artwork_indexer.indexable_entity_type, mbid uuid, parents bigint[] DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT artwork_indexer.try_index(entity, mbid, parents) THEN
        INSERT INTO artwork_indexer.deferred_demand (entity_type, gid, depends_on)
        VALUES (entity, mbid, parents);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.try_deindex(
    entity artwork_indexer.indexable_entity_type, mbid uuid, parents bigint[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    job constant jsonb := jsonb_build_object('gid', mbid);
    queued bigint;
    waited_for bigint[];
BEGIN
    IF NOT artwork_indexer.try_lock_entity(entity, mbid) THEN
        RETURN false;
    END IF;
    queued := artwork_indexer.try_event(entity, 'deindex', job, parents);
    IF queued IS NULL THEN
        RETURN false;
    END IF;
    -- A queued index is void now. It waited for every image deleted before: so does this.
    WITH void AS (
        SELECT event.id FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'queued' AND event.entity_type = entity
           AND event.action = 'index' AND event.message = job
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM artwork_indexer.event_queue AS event USING void WHERE event.id = void.id
    RETURNING event.depends_on INTO waited_for;
    PERFORM artwork_indexer.renew_demand(queued, waited_for);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.want_deindex(
    entity artwork_indexer.indexable_entity_type, mbid uuid, parents bigint[] DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT artwork_indexer.try_deindex(entity, mbid, parents) THEN
        INSERT INTO artwork_indexer.deferred_demand (entity_type, action, gid, depends_on)
        VALUES (entity, 'deindex', mbid, parents);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.has_open_index(
    entity artwork_indexer.indexable_entity_type, mbid uuid
) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM artwork_indexer.event_queue AS event
                    WHERE event.state = 'queued' AND event.entity_type = entity
                      AND event.action = 'index'
                      AND event.message = jsonb_build_object('gid', mbid))
        OR EXISTS (SELECT FROM artwork_indexer.event_queue AS event
                    WHERE event.state = 'running' AND event.entity_type = entity
                      AND event.action = 'index'
                      AND event.message = jsonb_build_object('gid', mbid))
$$;
