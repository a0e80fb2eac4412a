-- What the end of an event means for the audit of the entities it touched. A trigger does it,
-- so that it does not matter who ended the event: the daemon, its first generation, or a
-- person with psql. It runs at the commit, waits for nobody, and never fails.

CREATE OR REPLACE FUNCTION artwork_indexer.lock_audit_entity(
    entity_type artwork_indexer.indexable_entity_type, gid uuid,
    OUT entity artwork_indexer.audit_entity
)
LANGUAGE plpgsql AS $$
BEGIN
    -- Makes the row if it is missing; NULL when somebody else holds it. A new row does not begin
    -- as unchecked, which the claim takes at once: the caller says until when it waits.
    SELECT known.* INTO entity FROM artwork_indexer.audit_entity AS known
     WHERE known.entity_type = lock_audit_entity.entity_type AND known.gid = lock_audit_entity.gid
       FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        INSERT INTO artwork_indexer.audit_entity AS new
               (entity_type, gid, seeded_from, status, deferral_reason)
        VALUES (lock_audit_entity.entity_type, lock_audit_entity.gid, 'event', 'deferred', 'event')
            ON CONFLICT DO NOTHING
        RETURNING new.* INTO entity;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.describe_failed_event(
    event artwork_indexer.event_queue
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('Event %s (%s) failed: %s', event.id, event.action, coalesce(
        (SELECT left(reason.failure_reason, 500)
           FROM artwork_indexer.event_failure_reason AS reason
          WHERE reason.event = describe_failed_event.event.id
          ORDER BY reason.created DESC
          LIMIT 1), 'no reason is recorded.'))
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.end_repair(
    entity artwork_indexer.audit_entity, event bigint, state artwork_indexer.event_state
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- The entity's own repair. When all of it is done, it is verified after the time to settle.
    UPDATE artwork_indexer.audit_repair AS repair
       SET ended_at = clock_timestamp(), outcome = state
     WHERE repair.event = end_repair.event AND repair.audit_entity_id = entity.id;
    IF state = 'failed' OR EXISTS (
        SELECT FROM artwork_indexer.audit_repair AS repair
         WHERE repair.audit_entity_id = entity.id AND repair.verified_at IS NULL
           AND (repair.ended_at IS NULL OR repair.outcome = 'failed')
    ) THEN
        RETURN;
    END IF;
    UPDATE artwork_indexer.audit_entity AS done
       SET next_audit_at = now()
             + (SELECT setting.settle FROM artwork_indexer.audit_setting AS setting),
           return_reason = 'verification'
     WHERE done.id = entity.id;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.note_event(
    event artwork_indexer.event_queue, entity artwork_indexer.audit_entity, is_repair boolean
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    due constant timestamptz := now()
        + (SELECT setting.settle FROM artwork_indexer.audit_setting AS setting);
BEGIN
    -- False: not now. A failure has to wait for the verdict of an audit under way.
    IF event.state = 'failed' THEN
        IF entity.status = 'audit_in_progress' THEN
            RETURN false;
        END IF;
        PERFORM artwork_indexer.ask_for_review(
            entity.id, artwork_indexer.describe_failed_event(event),
            jsonb_build_object('failed_event', event.id));
    END IF;
    IF is_repair THEN
        PERFORM artwork_indexer.end_repair(entity, event.id, event.state);
    ELSIF event.state = 'completed'
      AND (entity.next_audit_at IS NULL OR entity.next_audit_at > due) THEN
        UPDATE artwork_indexer.audit_entity AS touched
           SET next_audit_at = due, return_reason = coalesce(touched.return_reason, 'event')
         WHERE touched.id = entity.id;
    END IF;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.pass_on_repairs(
    event artwork_indexer.event_queue
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    twin bigint;
BEGIN
    -- A failed event whose identical twin is queued has not failed for good: the twin does it.
    SELECT other.id INTO twin FROM artwork_indexer.event_queue AS other
     WHERE other.state = 'queued' AND other.entity_type = event.entity_type
       AND other.action = event.action AND other.message = event.message;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM artwork_indexer.audit_repair AS repair
     WHERE repair.event = pass_on_repairs.event.id
       AND EXISTS (SELECT FROM artwork_indexer.audit_repair AS same
                    WHERE same.event = twin AND same.audit_entity_id = repair.audit_entity_id);
    UPDATE artwork_indexer.audit_repair AS repair SET event = twin, absorbed = true
     WHERE repair.event = pass_on_repairs.event.id;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.note_ended_event(event bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    ended artwork_indexer.event_queue;
    entity artwork_indexer.audit_entity;
    own bigint[];
    held bigint[] := '{}';
    mbid uuid;
    done boolean := true;
BEGIN
    -- False when the row of an entity was held by somebody: then this has to be called again,
    -- which does no harm to the others.
    SELECT known.* INTO ended FROM artwork_indexer.event_queue AS known
     WHERE known.id = note_ended_event.event;
    IF NOT FOUND THEN
        ended.id := note_ended_event.event;
    ELSIF ended.state IN ('queued', 'running')
       OR ended.state = 'failed' AND artwork_indexer.pass_on_repairs(ended) THEN
        RETURN true;
    END IF;

    -- The entities it was to repair, and then the others that it touched.
    own := ARRAY(SELECT repair.audit_entity_id FROM artwork_indexer.audit_repair AS repair
                  WHERE repair.event = ended.id AND repair.verified_at IS NULL);
    IF own <> '{}' THEN
        FOR entity IN
            SELECT mine.* FROM artwork_indexer.audit_entity AS mine
             WHERE mine.id = ANY (own)
               FOR UPDATE SKIP LOCKED
        LOOP
            held := held || entity.id;
            done := artwork_indexer.note_event(ended, entity, true) AND done;
        END LOOP;
        done := done AND held @> own;
    END IF;

    FOR mbid IN
        SELECT DISTINCT touched.gid::uuid
          FROM unnest(artwork_indexer.event_gids(ended.action, ended.message)) AS touched (gid)
         WHERE touched.gid ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
    LOOP
        entity := artwork_indexer.lock_audit_entity(ended.entity_type, mbid);
        IF entity.id IS NULL THEN
            done := false;
        ELSIF entity.id <> ALL (own) THEN
            done := artwork_indexer.note_event(ended, entity, false) AND done;
        END IF;
    END LOOP;
    RETURN done;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.note_unnoted_events(most integer) RETURNS void
LANGUAGE plpgsql
-- Whoever claims holds up all others: a seeder that inserts the same entity is not waited for.
SET lock_timeout = '100ms'
AS $$
DECLARE
    unnoted record;
    done boolean;
    waits integer := 0;
BEGIN
    FOR unnoted IN
        SELECT waiting.id, waiting.event FROM artwork_indexer.audit_unnoted_event AS waiting
         ORDER BY waiting.tried_at, waiting.id
         LIMIT most
           FOR UPDATE SKIP LOCKED
    LOOP
        done := true;
        BEGIN
            done := artwork_indexer.note_ended_event(unnoted.event);
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                done := false;
                waits := waits + 1;
            WHEN OTHERS THEN
                -- Nothing may keep the audit from its work. What passes (a full disk, a snapshot
                -- that is too old) is tried again; else the regular round sees the entity.
                done := SQLSTATE !~ '^(40|53|58)';
                waits := waits + (NOT done)::integer;
                RAISE WARNING 'artwork_indexer: the end of event % %: %', unnoted.event,
                    CASE WHEN done THEN 'means nothing to the audit' ELSE 'waits' END, SQLERRM;
        END;
        IF done THEN
            DELETE FROM artwork_indexer.audit_unnoted_event AS noted WHERE noted.id = unnoted.id;
        ELSE
            UPDATE artwork_indexer.audit_unnoted_event AS again SET tried_at = clock_timestamp()
             WHERE again.id = unnoted.id;
        END IF;
        EXIT WHEN waits = 3;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_event_queue_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    noted boolean := false;
BEGIN
    BEGIN
        noted := artwork_indexer.note_ended_event(OLD.id);
    EXCEPTION WHEN OTHERS THEN
        -- Somebody holds what is needed, or something is wrong: the audit looks again.
        NULL;
    END;
    IF NOT noted THEN
        INSERT INTO artwork_indexer.audit_unnoted_event (event) VALUES (OLD.id);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'artwork_indexer: the audit did not learn of the end of event %: %',
        OLD.id, SQLERRM;
    RETURN NULL;
END
$$;

-- Deferred to the commit, when the reason of a failure is recorded too, whoever writes it, and
-- no long transaction holds the rows of the audit. Such triggers cannot be replaced.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger
                    WHERE tgrelid = 'artwork_indexer.event_queue'::regclass
                      AND tgname = 'a_upd_event_queue_audit') THEN
        CREATE CONSTRAINT TRIGGER a_upd_event_queue_audit
            AFTER UPDATE ON artwork_indexer.event_queue
            DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW
            WHEN (NEW.state IN ('completed', 'failed') AND OLD.state <> NEW.state)
            EXECUTE FUNCTION artwork_indexer.a_event_queue_audit();
        CREATE CONSTRAINT TRIGGER a_del_event_queue_audit
            AFTER DELETE ON artwork_indexer.event_queue
            DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW
            WHEN (OLD.state <> 'completed')
            EXECUTE FUNCTION artwork_indexer.a_event_queue_audit();
    END IF;
END
$$;
