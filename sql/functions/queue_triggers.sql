-- Triggers of the event queue itself. They give rows written by hand, or by a daemon that
-- knows only the first columns, the meaning such rows always had.

CREATE OR REPLACE FUNCTION artwork_indexer.event_gids(
    action artwork_indexer.event_queue_action, message jsonb
) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE action
        WHEN 'copy_image' THEN ARRAY[message ->> 'old_gid', message ->> 'new_gid']
        WHEN 'noop' THEN ARRAY[]::text[]
        ELSE ARRAY[message ->> 'gid']
    END
$$;

COMMENT ON FUNCTION artwork_indexer.event_gids IS
    'The MBIDs whose items an event touches.';

CREATE OR REPLACE FUNCTION artwork_indexer.b_ins_event_queue() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'queued' THEN
        NEW.run_after := coalesce(
            NEW.run_after, NEW.last_updated + NEW.attempts * interval '1 hour');
        IF NEW.run_after > clock_timestamp() THEN
            NEW.waits_for := 'time';
        ELSIF NEW.depends_on IS NOT NULL AND EXISTS (
            -- The share lock makes a parent that is about to finish see this row afterwards.
            -- A parent that somebody holds is left to the claim, which looks again.
            SELECT FROM artwork_indexer.event_queue AS parent
             WHERE parent.id = ANY (NEW.depends_on) AND parent.state = 'queued'
               FOR SHARE SKIP LOCKED
        ) THEN
            NEW.waits_for := 'parent';
        END IF;
    ELSIF NEW.state = 'running' AND NEW.claimed_at IS NULL THEN
        NEW.claimed_at := NEW.created;
    ELSIF NEW.state = 'completed' AND NEW.completed_at IS NULL THEN
        NEW.completed_at := NEW.created;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_upd_event_queue() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    writer_set_times boolean := NEW.last_updated <> OLD.last_updated
                             OR NEW.attempts <> OLD.attempts;
BEGIN
    IF NEW.last_updated = OLD.last_updated THEN
        NEW.last_updated := now();
    END IF;

    IF OLD.state = 'running' AND NEW.state <> 'running' THEN
        NEW.claimed_by := NULL;
        NEW.claimed_at := NULL;
        NEW.lease_expires := NULL;
    ELSIF NEW.state = 'running' AND OLD.state <> 'running' AND NEW.lease_expires IS NULL THEN
        NEW.claimed_at := now();
    END IF;

    IF NEW.state = 'completed' THEN
        IF OLD.state <> 'completed' THEN
            NEW.completed_at := now();
        ELSIF NEW.created <> OLD.created THEN
            -- Whoever moves the row in time moves all of it.
            NEW.completed_at := coalesce(OLD.completed_at, OLD.last_updated)
                              + (NEW.created - OLD.created);
        END IF;
    ELSE
        NEW.completed_at := NULL;
    END IF;

    IF NEW.state <> 'queued' THEN
        NEW.waits_for := NULL;
        RETURN NEW;
    END IF;

    IF OLD.state = 'failed' THEN
        -- A second life: the patience of the first is not held against it.
        NEW.snoozed_since := NULL;
        NEW.crashes := 0;
    END IF;

    IF NEW.run_after IS NULL OR NEW.run_after = OLD.run_after THEN
        IF OLD.state = 'failed' THEN
            NEW.run_after := now();
        ELSIF OLD.state <> 'queued' OR writer_set_times OR NEW.run_after IS NULL THEN
            NEW.run_after := NEW.last_updated + NEW.attempts * interval '1 hour';
        END IF;
    END IF;
    IF NEW.run_after > clock_timestamp() THEN
        NEW.waits_for := 'time';
    ELSIF NEW.waits_for = 'time' OR NEW.depends_on IS DISTINCT FROM OLD.depends_on THEN
        NEW.waits_for := NULL;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_upd_event_queue() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- A thousand at a time, and none that an editor's transaction holds: the rest is found
    -- by the regular sweep, so that finishing one event never takes long.
    UPDATE artwork_indexer.event_queue AS child
       SET waits_for = NULL
     WHERE child.id IN (
           SELECT waiting.id
             FROM artwork_indexer.event_queue AS waiting
            WHERE waiting.state = 'queued'
              AND waiting.state <> 'completed'
              AND waiting.depends_on IS NOT NULL
              AND waiting.depends_on @> ARRAY[OLD.id]
              AND waiting.waits_for = 'parent'
            LIMIT 1000
              FOR UPDATE SKIP LOCKED);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_event_queue_notify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('artwork_indexer', '');
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER b_ins_event_queue BEFORE INSERT ON artwork_indexer.event_queue
    FOR EACH ROW EXECUTE FUNCTION artwork_indexer.b_ins_event_queue();

CREATE OR REPLACE TRIGGER b_upd_event_queue BEFORE UPDATE ON artwork_indexer.event_queue
    FOR EACH ROW EXECUTE FUNCTION artwork_indexer.b_upd_event_queue();

CREATE OR REPLACE TRIGGER a_upd_event_queue AFTER UPDATE ON artwork_indexer.event_queue
    FOR EACH ROW
    WHEN ((NEW.state = 'completed' AND OLD.state <> 'completed')
       OR (NEW.snoozed_since IS NOT NULL AND OLD.snoozed_since IS NULL))
    EXECUTE FUNCTION artwork_indexer.a_upd_event_queue();

CREATE OR REPLACE TRIGGER a_del_event_queue AFTER DELETE ON artwork_indexer.event_queue
    FOR EACH ROW WHEN (OLD.state <> 'completed')
    EXECUTE FUNCTION artwork_indexer.a_upd_event_queue();

CREATE OR REPLACE TRIGGER a_ins_event_queue_notify AFTER INSERT ON artwork_indexer.event_queue
    FOR EACH ROW WHEN (NEW.state = 'queued')
    EXECUTE FUNCTION artwork_indexer.a_event_queue_notify();

CREATE OR REPLACE TRIGGER a_upd_event_queue_notify AFTER UPDATE ON artwork_indexer.event_queue
    FOR EACH ROW
    WHEN (NEW.state = 'queued' AND NEW.waits_for IS NULL
      AND (OLD.state <> 'queued' OR OLD.waits_for IS NOT NULL))
    EXECUTE FUNCTION artwork_indexer.a_event_queue_notify();

-- Once made it is left alone: while the queue is locked by an upgrade, this table must be free
-- for the demand of editors.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger
                    WHERE tgrelid = 'artwork_indexer.deferred_demand'::regclass
                      AND tgname = 'a_ins_deferred_demand_notify') THEN
        CREATE TRIGGER a_ins_deferred_demand_notify
            AFTER INSERT ON artwork_indexer.deferred_demand
            FOR EACH ROW EXECUTE FUNCTION artwork_indexer.a_event_queue_notify();
    END IF;
END
$$;
