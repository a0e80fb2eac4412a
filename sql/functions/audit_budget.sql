-- Budgets, the brake and probation: what binds all processes. Whoever spends holds the advisory
-- lock of that budget until the commit, so that nobody spends the same rest twice.

CREATE OR REPLACE FUNCTION artwork_indexer.audit_spent(
    wanted text, since timestamptz
) RETURNS bigint
LANGUAGE sql STABLE
SET enable_seqscan TO off
AS $$
    -- The minute in which the span begins counts whole: rather late than too much.
    SELECT coalesce(sum(spending.spent), 0)
      FROM artwork_indexer.audit_budget AS spending
     WHERE spending.budget = wanted AND spending.minute >= date_trunc('minute', since)
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.audit_budget_left(
    wanted text, hourly integer, daily integer
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    asked_at constant timestamptz := clock_timestamp();
    room bigint;
BEGIN
    -- NULL: there is no limit.
    IF hourly IS NOT NULL THEN
        room := hourly - artwork_indexer.audit_spent(wanted, asked_at - interval '1 hour');
    END IF;
    IF daily IS NOT NULL THEN
        room := least(room, daily - artwork_indexer.audit_spent(wanted, asked_at - interval '24 hours'));
    END IF;
    RETURN CASE WHEN room < 0 THEN 0 ELSE room END;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.charge_audit_budget(
    wanted text, amount integer
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO artwork_indexer.audit_budget AS spending (budget, minute, spent)
    SELECT wanted, date_trunc('minute', clock_timestamp()), amount WHERE amount > 0
        ON CONFLICT (budget, minute) DO UPDATE SET spent = spending.spent + excluded.spent;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.pull_audit_brake(why text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO artwork_indexer.audit_hold (name, reason, held_by) VALUES ('brake', why, 'audit')
        ON CONFLICT (name) DO NOTHING
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.kind_on_probation(
    kinds text[], probation integer
) RETURNS text
LANGUAGE sql STABLE AS $$
    -- The first kind that has to prove itself before it is repaired once more. A repair that
    -- did not hold gives its place to another one, until as many have failed as had to hold.
    SELECT trial.kind FROM artwork_indexer.audit_probation AS trial
     WHERE trial.kind = ANY (kinds) AND trial.verified < probation
       AND (trial.started >= probation + trial.failed OR trial.failed >= probation)
     ORDER BY trial.kind
     LIMIT 1
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.exceeded_limit(
    size integer, deletes integer, is_format boolean, limits jsonb,
    OUT key text, OUT wanted integer, OUT allowed integer
)
LANGUAGE sql STABLE AS $$
    -- The first limit under which this plan can never run, however long it waits: nothing of a
    -- plan is enqueued without the rest. A limit of 0 on repairs switches them off for a while
    -- and says nothing about a plan; no deletes at all is for good.
    SELECT bound.key, bound.wanted, (limits ->> bound.key)::integer
      FROM (VALUES (1, 'format_repairs_per_day', CASE WHEN is_format THEN size END),
                   (2, 'deletes_per_day', nullif(deletes, 0)),
                   (3, 'max_outstanding_repairs', size),
                   (4, 'repairs_per_hour', size),
                   (5, 'repairs_per_day', size)) AS bound (place, key, wanted)
     WHERE bound.wanted > (limits ->> bound.key)::integer
       AND (is_format OR bound.key = 'deletes_per_day' OR (limits ->> bound.key)::integer > 0)
     ORDER BY bound.place
     LIMIT 1
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.describe_exceeded_limit(
    entity artwork_indexer.audit_entity, key text, wanted integer, allowed integer
) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT format(
        'The repair takes %1$s %2$s at once, and %3$s = %4$s never lets it begin. Raise %3$s in '
        'section [audit] to %1$s or more, reload, and run `artwork-indexer audit recheck %5$s '
        '%6$s`. Or repair it by hand: `artwork-indexer check %5$s %6$s` shows what is wrong, and '
        '`artwork-indexer enqueue %5$s %6$s` writes its index.json and XML anew.',
        wanted, CASE key WHEN 'deletes_per_day' THEN 'deletions' ELSE 'events' END,
        key, allowed, entity.entity_type, entity.gid)
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.growing_wait(
    first interval, times integer
) RETURNS interval
LANGUAGE sql IMMUTABLE AS $$
    -- After so many times in a row without a verdict: twice as long each time, up to a day.
    SELECT greatest(first, least(
        first * power(2, least(greatest(times, 1) - 1, 16)), interval '24 hours'))
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.refuse_repair(
    size integer, deletes integer, is_format boolean, kinds text[], limits jsonb
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    hourly constant integer := limits ->> 'repairs_per_hour';
    daily constant integer := limits ->> 'repairs_per_day';
    deletes_daily constant integer := limits ->> 'deletes_per_day';
BEGIN
    -- Why a plan may not be enqueued now, or NULL.
    IF EXISTS (SELECT FROM artwork_indexer.audit_hold) THEN
        RETURN 'held';
    ELSIF artwork_indexer.kind_on_probation(
        kinds, (limits ->> 'probation_repairs')::integer) IS NOT NULL THEN
        RETURN 'probation';
    ELSIF is_format AND size > artwork_indexer.audit_budget_left(
        'format_repairs', NULL, (limits ->> 'format_repairs_per_day')::integer) THEN
        RETURN 'no-budget: format_repairs_per_day';
    ELSIF size > artwork_indexer.audit_budget_left('repairs', hourly, NULL) THEN
        RETURN 'no-budget: repairs_per_hour';
    ELSIF size > artwork_indexer.audit_budget_left('repairs', NULL, daily) THEN
        RETURN 'no-budget: repairs_per_day';
    ELSIF size + (
        SELECT count(*) FROM artwork_indexer.event_queue AS outstanding
         WHERE outstanding.origin = 'audit' AND outstanding.state IN ('queued', 'running')
    ) > (limits ->> 'max_outstanding_repairs')::integer THEN
        RETURN 'no-budget: max_outstanding_repairs';
    ELSIF deletes > 0
      AND deletes > artwork_indexer.audit_budget_left('deletes', NULL, deletes_daily) THEN
        -- Once a person has looked, the rest of the day goes on without deletes.
        IF NOT EXISTS (SELECT FROM artwork_indexer.audit_brake AS brake
                        WHERE brake.resumed_at > clock_timestamp() - interval '24 hours') THEN
            PERFORM artwork_indexer.pull_audit_brake(format(
                'The audit wants more than deletes_per_day = %s deletions.', deletes_daily));
        END IF;
        RETURN 'no-budget: deletes_per_day';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.watch_audit_health(
    healthy integer, unhealthy integer, brake_window integer
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    without integer;
BEGIN
    -- One healthy entity in a batch shows that we look at the right things.
    IF healthy > 0 THEN
        UPDATE artwork_indexer.audit_brake AS brake SET without_health = 0
         WHERE brake.without_health > 0;
    ELSIF unhealthy > 0 THEN
        UPDATE artwork_indexer.audit_brake AS brake
           SET without_health = brake.without_health + unhealthy
        RETURNING brake.without_health INTO without;
        IF without >= brake_window THEN
            PERFORM artwork_indexer.pull_audit_brake(format(
                'The last %s audits saw not one healthy entity.', without));
        END IF;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.resume_audits(
    probation integer, OUT name text, OUT reason text
) RETURNS SETOF record
LANGUAGE plpgsql AS $$
BEGIN
    -- A person has looked: the window of the brake begins anew, and so does the trial of kinds
    -- whose first repairs failed.
    RETURN QUERY DELETE FROM artwork_indexer.audit_hold AS hold RETURNING hold.name, hold.reason;
    UPDATE artwork_indexer.audit_brake AS brake
       SET without_health = 0, resumed_at = clock_timestamp();
    DELETE FROM artwork_indexer.audit_probation AS trial
     WHERE trial.failed >= probation AND trial.verified < probation;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.prune_audit_records(
    retention interval, most integer
) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    pruned integer := 0;
    rows integer;
BEGIN
    DELETE FROM artwork_indexer.audit_history AS history
     WHERE history.id IN (
           SELECT old.id FROM artwork_indexer.audit_history AS old
            WHERE old.audited_at < statement_timestamp() - retention
            ORDER BY old.audited_at
            LIMIT most
              FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS rows = ROW_COUNT;
    pruned := pruned + rows;
    DELETE FROM artwork_indexer.audit_repair AS repair
     WHERE (repair.event, repair.audit_entity_id) IN (
           SELECT old.event, old.audit_entity_id FROM artwork_indexer.audit_repair AS old
            WHERE old.verified_at < statement_timestamp() - retention
            ORDER BY old.verified_at
            LIMIT most
              FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS rows = ROW_COUNT;
    pruned := pruned + rows;
    DELETE FROM artwork_indexer.audit_budget AS spending
     WHERE spending.minute < statement_timestamp() - interval '2 days';
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN pruned + rows;
END
$$;
