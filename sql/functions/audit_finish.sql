-- The verdict of an audit: findings, repair, review, history and the row itself, all or nothing.

CREATE OR REPLACE FUNCTION artwork_indexer.hold_audits(
    owner text, entities bigint[], claims integer[]
) RETURNS SETOF bigint
LANGUAGE sql AS $$
    -- Locks what is still ours until the commit, in one order for everybody.
    SELECT entity.id
      FROM artwork_indexer.audit_entity AS entity
      JOIN unnest(entities, claims) AS held (id, claim) ON held.id = entity.id
     WHERE entity.status = 'audit_in_progress'
       AND entity.claimed_by = owner AND entity.attempts = held.claim
     ORDER BY entity.id
       FOR UPDATE OF entity
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.replace_findings(
    entity bigint, findings jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM artwork_indexer.audit_finding AS gone
     WHERE gone.audit_entity_id = entity
       AND (findings = '[]' OR NOT EXISTS (
            SELECT FROM jsonb_to_recordset(findings) AS seen (kind text, subject text)
             WHERE seen.kind = gone.kind AND seen.subject = gone.subject));
    IF findings = '[]' THEN
        RETURN;
    END IF;
    INSERT INTO artwork_indexer.audit_finding AS finding
           (audit_entity_id, kind, subject, severity, digest, message, details, acknowledged)
    SELECT DISTINCT ON (seen.kind, seen.subject)
           entity, seen.kind, seen.subject, seen.severity, seen.digest, seen.message, seen.details,
           EXISTS (SELECT FROM artwork_indexer.audit_acknowledgement AS known
                    WHERE known.audit_entity_id = entity AND known.kind = seen.kind
                      AND known.subject = seen.subject AND known.digest = seen.digest)
      FROM jsonb_to_recordset(findings) AS seen (
           kind text, subject text, severity artwork_indexer.finding_severity, digest text,
           message text, details jsonb)
        ON CONFLICT (audit_entity_id, kind, subject) DO UPDATE
       SET severity = excluded.severity, digest = excluded.digest, message = excluded.message,
           details = excluded.details, acknowledged = excluded.acknowledged, last_seen = now();
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.record_history(
    entity artwork_indexer.audit_entity, verdict artwork_indexer.audit_entity_status,
    reason text, findings jsonb, events bigint[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- What was not clean, and the first clean audit after it.
    INSERT INTO artwork_indexer.audit_history
           (audit_entity_id, verdict, reason, findings, events)
    SELECT entity.id, verdict, reason, coalesce(
           (SELECT jsonb_agg(seen - 'details') FROM jsonb_array_elements(findings) AS seen), '[]'),
           events
     WHERE verdict NOT IN ('clean', 'legacy') OR entity.last_verdict NOT IN ('clean', 'legacy');
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.settle_review(
    entity bigint, INOUT verdict artwork_indexer.audit_entity_status, reason text,
    is_judged boolean, question text, facts jsonb
)
LANGUAGE plpgsql AS $$
BEGIN
    -- An audit without a judgement leaves an open question open, and as it is.
    IF NOT is_judged
    AND EXISTS (SELECT FROM artwork_indexer.needs_manual_review AS review
                 WHERE review.audit_entity_id = entity AND review.status = 'open') THEN
        verdict := 'manual_review';
    ELSIF verdict = 'manual_review' THEN
        PERFORM artwork_indexer.open_review(
            entity, coalesce(question, reason, 'No reason was given.'), coalesce(facts, '{}'));
    ELSIF is_judged THEN
        PERFORM artwork_indexer.close_review(entity, format(
            'An audit found the matter gone; its verdict was %s.', verdict));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.write_verdict(
    entity bigint, verdict artwork_indexer.audit_entity_status,
    late_reason text, due timestamptz, rounds integer, new_evidence jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- late_reason: why there is no verdict of this audit, also where an open question makes it
    -- manual_review; the waits grow with the times it was the same.
    --
    -- next_audit_at is set in a row under audit only if an event ended meanwhile.
    UPDATE artwork_indexer.audit_entity AS audited
       SET status = verdict, last_verdict = verdict, last_audit_at = clock_timestamp(),
           last_clean_at = CASE verdict WHEN 'clean' THEN clock_timestamp()
                                        ELSE audited.last_clean_at END,
           next_audit_at = least(audited.next_audit_at, due),
           return_reason = CASE
               WHEN audited.next_audit_at < coalesce(due, 'infinity') THEN 'event'
               WHEN verdict = 'repair_queue' THEN 'verification'
               WHEN verdict = 'deferred' AND NOT artwork_indexer.lacks_only_leave(late_reason)
                   THEN 'second look' END,
           priority = greatest(0, audited.priority - audited.priority_bonus), priority_bonus = 0,
           claimed_by = NULL, claimed_at = NULL, lease_expires = NULL, crashes = 0,
           deferral_reason = late_reason,
           deferrals = CASE WHEN late_reason IS NULL THEN 0
               ELSE artwork_indexer.times_deferred(audited, late_reason) END,
           deferred_since = CASE WHEN late_reason IS NULL THEN NULL
               WHEN late_reason = audited.deferral_reason AND audited.deferred_since IS NOT NULL
               THEN audited.deferred_since ELSE clock_timestamp() END,
           repair_rounds = rounds,
           evidence = coalesce(new_evidence, audited.evidence)
     WHERE audited.id = entity;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.cannot_be_judged(
    entity artwork_indexer.audit_entity, reason text
) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT artwork_indexer.lacks_only_leave(reason)
       AND reason = entity.deferral_reason
       AND entity.deferrals + 1 >= 10
       AND entity.deferred_since <= now() - interval '14 days'
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.findings_of_kinds(
    findings jsonb, kinds jsonb
) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_agg(seen), '[]') FROM jsonb_array_elements(findings) AS seen
     WHERE kinds ? (seen ->> 'kind')
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.has_new_rounds(
    entity artwork_indexer.audit_entity
) RETURNS boolean
LANGUAGE sql STABLE AS $$
    -- Whether a person resolved its review while this audit was under way: the rounds of repair
    -- that the audit went by do not count any more.
    SELECT entity.next_audit_at IS NOT NULL AND EXISTS (
        SELECT FROM artwork_indexer.needs_manual_review AS review
         WHERE review.audit_entity_id = entity.id AND review.status = 'resolved'
           AND review.resolved_by <> 'audit' AND review.resolved_at >= entity.claimed_at)
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.finish_audit(
    entity artwork_indexer.audit_entity, document jsonb, limits jsonb,
    OUT verdict artwork_indexer.audit_entity_status, OUT reason text,
    OUT events bigint[], OUT enqueued integer
)
LANGUAGE plpgsql AS $$
DECLARE
    findings constant jsonb := nullif(document -> 'findings', 'null');
    is_judged constant boolean := findings IS NOT NULL;
    due timestamptz := now() + make_interval(secs => (document ->> 'seconds')::float8);
    evidence jsonb := document -> 'evidence';
    rounds integer := document -> 'rounds';
    question text := document ->> 'question';
    facts jsonb := document -> 'facts';
    is_late boolean := document ? 'is_late';
    late_reason text;
    settled record;
BEGIN
    verdict := document ->> 'status';
    reason := document ->> 'reason';
    enqueued := 0;
    IF is_judged THEN
        PERFORM artwork_indexer.verify_repairs(entity.id, findings);
        PERFORM artwork_indexer.replace_findings(entity.id, findings);
    END IF;
    IF document ? 'plan' THEN
        settled := artwork_indexer.settle_repair(
            entity, document, limits, verdict, reason, due, evidence, rounds);
        verdict := settled.verdict;
        reason := settled.reason;
        due := settled.due;
        evidence := settled.evidence;
        rounds := settled.rounds;
        events := settled.events;
        enqueued := coalesce(settled.enqueued, 0);
        is_late := verdict = 'deferred';
        IF verdict = 'manual_review' THEN
            question := settled.question;
            facts := coalesce(facts, '{}') || jsonb_build_object(
                'findings', artwork_indexer.findings_of_kinds(findings, document -> 'kinds'));
        END IF;
    END IF;
    IF artwork_indexer.has_new_rounds(entity) THEN
        evidence := evidence - 'rounds';
        rounds := 0;
    END IF;
    late_reason := CASE WHEN verdict = 'deferred' THEN reason
                        WHEN NOT is_judged THEN entity.deferral_reason END;
    IF is_late AND artwork_indexer.cannot_be_judged(entity, reason) THEN
        verdict := 'manual_review';
        question := format('Cannot be judged: %s, %s times since %s.',
            reason, entity.deferrals + 1, to_char(entity.deferred_since, 'YYYY-MM-DD'));
    END IF;
    verdict := artwork_indexer.settle_review(
        entity.id, verdict, reason, is_judged, question, facts);
    PERFORM artwork_indexer.write_verdict(entity.id, verdict, late_reason, due, rounds, evidence);
    PERFORM artwork_indexer.record_history(entity, verdict, reason, findings, events);
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.finish_audits(
    owner text, audits jsonb, limits jsonb
) RETURNS TABLE (id bigint, verdict text, reason text, events bigint[], enqueued integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    given record;
    entity artwork_indexer.audit_entity;
    final record;
    totals jsonb := '[]';
    healthy integer := 0;
    unhealthy integer := 0;
BEGIN
    -- Answers one row for each audit that was still the caller's. The order of locks is the same
    -- for everybody: entities by id, the repair budgets, events, reviews, totals, the brake.
    -- Plans come last, when it is written who of the others needs a person.
    PERFORM artwork_indexer.hold_audits(
        owner,
        ARRAY(SELECT (audit ->> 'id')::bigint
                FROM jsonb_array_elements(audits) WITH ORDINALITY AS each (audit, place)
               ORDER BY place),
        ARRAY(SELECT (audit ->> 'attempts')::integer
                FROM jsonb_array_elements(audits) WITH ORDINALITY AS each (audit, place)
               ORDER BY place));
    FOR given IN
        SELECT (audit ->> 'id')::bigint AS id, (audit ->> 'attempts')::integer AS attempts,
               audit AS document
          FROM jsonb_array_elements(audits) AS audit
         ORDER BY audit ? 'plan', 1
    LOOP
        SELECT mine.* INTO entity FROM artwork_indexer.audit_entity AS mine
         WHERE mine.id = given.id AND mine.status = 'audit_in_progress'
           AND mine.claimed_by = owner AND mine.attempts = given.attempts
           FOR UPDATE;
        CONTINUE WHEN NOT FOUND;
        final := artwork_indexer.finish_audit(entity, given.document, limits);
        IF final.verdict IN ('clean', 'legacy') THEN
            healthy := healthy + 1;
        ELSIF given.document -> 'findings' <> 'null'
          AND coalesce(entity.last_verdict IN ('clean', 'legacy'), true) THEN
            -- What was known to be ill proves nothing when it is ill again.
            unhealthy := unhealthy + 1;
        END IF;
        totals := totals || jsonb_build_object(
            'entity_type', entity.entity_type, 'verdict', final.verdict,
            'repairs', final.enqueued,
            'reason', CASE final.verdict WHEN 'deferred' THEN split_part(final.reason, ':', 1) END);
        RETURN QUERY SELECT
            entity.id, final.verdict::text, final.reason, final.events, final.enqueued;
    END LOOP;
    PERFORM artwork_indexer.count_audits(totals);
    PERFORM artwork_indexer.watch_audit_health(
        healthy, unhealthy, (limits ->> 'brake_window')::integer);
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.count_audits(audits jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO artwork_indexer.audit_total AS total
           (hour, entity_type, verdict, reason, audits, repairs)
    SELECT date_trunc('hour', clock_timestamp()), done.entity_type, done.verdict,
           coalesce(done.reason, ''), count(*), sum(done.repairs)
      FROM jsonb_to_recordset(audits) AS done (
           entity_type artwork_indexer.indexable_entity_type,
           verdict artwork_indexer.audit_entity_status, reason text, repairs integer)
     GROUP BY done.entity_type, done.verdict, coalesce(done.reason, '')
     ORDER BY done.entity_type, done.verdict, coalesce(done.reason, '')
        ON CONFLICT (hour, entity_type, verdict, reason) DO UPDATE
       SET audits = total.audits + excluded.audits, repairs = total.repairs + excluded.repairs;
END
$$;
