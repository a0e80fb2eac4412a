-- Which entity is audited next, and by whom. One claim runs at a time (advisory lock, held for
-- about a millisecond): so the budgets of entities hold for all processes together.

CREATE OR REPLACE FUNCTION artwork_indexer.return_bonus(
    entity artwork_indexer.audit_entity
) RETURNS smallint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN entity.return_reason IS NULL OR entity.priority_bonus > 0 THEN 0
                ELSE least(1000, 32767 - entity.priority) END::smallint
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.promote_audits(
    repairs boolean, most integer
) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan TO off
SET enable_bitmapscan TO off
AS $$
DECLARE
    due bigint[];
BEGIN
    -- Statement time and not clock time: only a stable value can bound an index scan.
    due := ARRAY(
        SELECT waiting.id FROM artwork_indexer.audit_entity AS waiting
         WHERE waiting.status <> 'audit_in_progress' AND waiting.next_audit_at IS NOT NULL
           AND waiting.next_audit_at <= statement_timestamp()
         ORDER BY waiting.next_audit_at
         LIMIT most
           FOR UPDATE SKIP LOCKED);
    IF repairs THEN
        -- What only waited for this mode is due at once; but what comes back to it over and
        -- over, as where one process repairs and another one reports, is held up a little.
        due := due || ARRAY(
            SELECT reported.id FROM artwork_indexer.audit_entity AS reported
             WHERE reported.status = 'deferred' AND reported.deferral_reason = 'report-mode'
               AND (reported.deferrals < 2 OR reported.last_audit_at <= statement_timestamp()
                    - artwork_indexer.growing_wait(interval '1 second', reported.deferrals))
             ORDER BY reported.id
             LIMIT most
               FOR UPDATE SKIP LOCKED);
    END IF;
    IF due <> '{}' THEN
        UPDATE artwork_indexer.audit_entity AS entity
           SET status = 'unchecked', next_audit_at = NULL,
               priority = entity.priority + artwork_indexer.return_bonus(entity),
               priority_bonus = entity.priority_bonus + artwork_indexer.return_bonus(entity)
         WHERE entity.id = ANY (due);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.rescue_audits(most_crashes integer) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan TO off
AS $$
DECLARE
    stalled record;
    rescued integer := 0;
BEGIN
    -- A row in this state without a lease was put into it by hand.
    FOR stalled IN
        SELECT entity.id, entity.crashes + 1 AS crashes, entity.claimed_by
          FROM artwork_indexer.audit_entity AS entity
         WHERE entity.status = 'audit_in_progress'
           AND (entity.lease_expires IS NULL OR entity.lease_expires < statement_timestamp())
         LIMIT 500
           FOR UPDATE SKIP LOCKED
    LOOP
        rescued := rescued + 1;
        UPDATE artwork_indexer.audit_entity AS entity
           SET status = 'unchecked', claimed_by = NULL, claimed_at = NULL, lease_expires = NULL,
               crashes = CASE WHEN stalled.claimed_by IS NULL THEN entity.crashes
                              ELSE stalled.crashes END
         WHERE entity.id = stalled.id;
        IF stalled.claimed_by IS NOT NULL AND stalled.crashes >= most_crashes THEN
            PERFORM artwork_indexer.ask_for_review(stalled.id, format(
                'The audit of this entity was never finished, %s times in a row; the last worker was %s.',
                stalled.crashes, stalled.claimed_by), '{}');
        END IF;
    END LOOP;
    RETURN rescued;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.pick_audits(most integer) RETURNS bigint[]
LANGUAGE plpgsql
SET enable_seqscan TO off
SET enable_bitmapscan TO off
SET enable_sort TO off
AS $$
BEGIN
    -- One walk of audit_entity_idx_unchecked_priority_last_audit_id, as long as what it takes.
    RETURN ARRAY(
        SELECT entity.id FROM artwork_indexer.audit_entity AS entity
         WHERE entity.status = 'unchecked'
         ORDER BY entity.priority DESC, entity.last_audit_at NULLS FIRST, entity.id
         LIMIT most
           FOR UPDATE SKIP LOCKED);
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.claim_audits(
    owner text, slots integer, lease interval, repairs boolean,
    entities_per_hour integer, entities_per_day integer
) RETURNS TABLE (
    id bigint, entity_type text, gid text, attempts integer, crashes smallint,
    last_audit_at timestamptz, last_verdict text, return_reason text, repair_rounds smallint,
    deferral_reason text, deferrals integer, deferred_since timestamptz,
    evidence jsonb, acknowledged text[]
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    picked bigint[];
    moment timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('artwork_indexer'), hashtext('claim_audits'));
    IF EXISTS (SELECT FROM artwork_indexer.audit_hold)
    OR EXISTS (SELECT FROM artwork_indexer.service_pause AS pause
                WHERE pause.service = 'archive' AND pause.paused_until > statement_timestamp())
    THEN
        RETURN;
    END IF;
    PERFORM artwork_indexer.rescue_audits(5);
    PERFORM artwork_indexer.note_unnoted_events(100);
    PERFORM artwork_indexer.promote_audits(repairs, greatest(100, 2 * slots));
    slots := least(slots, artwork_indexer.audit_budget_left(
        'entities', entities_per_hour, entities_per_day));

    picked := artwork_indexer.pick_audits(slots);
    PERFORM artwork_indexer.charge_audit_budget('entities', cardinality(picked));
    moment := clock_timestamp();
    RETURN QUERY
        UPDATE artwork_indexer.audit_entity AS mine
           SET status = 'audit_in_progress', attempts = mine.attempts + 1, next_audit_at = NULL,
               claimed_by = owner, claimed_at = moment, lease_expires = moment + lease
         WHERE mine.id = ANY (picked)
        RETURNING mine.id, mine.entity_type::text, mine.gid::text, mine.attempts, mine.crashes,
               mine.last_audit_at, mine.last_verdict::text, mine.return_reason,
               mine.repair_rounds, mine.deferral_reason, mine.deferrals, mine.deferred_since,
               mine.evidence,
               ARRAY(SELECT known.digest FROM artwork_indexer.audit_acknowledgement AS known
                      WHERE known.audit_entity_id = mine.id);
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.release_audits(
    owner text, entities bigint[], claims integer[]
) RETURNS integer
LANGUAGE sql AS $$
    -- As if never claimed, but what was charged stays charged.
    WITH released AS (
        UPDATE artwork_indexer.audit_entity AS entity
           SET status = 'unchecked', claimed_by = NULL, claimed_at = NULL, lease_expires = NULL
          FROM unnest(entities, claims) AS held (id, claim)
         WHERE entity.id = held.id AND entity.status = 'audit_in_progress'
           AND entity.claimed_by = owner AND entity.attempts = held.claim
        RETURNING 1
    )
    SELECT count(*)::integer FROM released
$$;
