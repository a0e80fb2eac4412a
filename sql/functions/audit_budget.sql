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
        room := least(room, daily - artwork_indexer.audit_spent(wanted, asked_at - interval '1 day'));
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
                        WHERE brake.resumed_at > clock_timestamp() - interval '1 day') THEN
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
