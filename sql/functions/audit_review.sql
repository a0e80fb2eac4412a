-- Manual review: exactly one open row for an entity whose verdict is manual_review.

CREATE OR REPLACE FUNCTION artwork_indexer.open_review(
    entity bigint, reason text, facts jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO artwork_indexer.needs_manual_review AS review
           (audit_entity_id, review_reason, details)
    VALUES (entity, reason, facts)
        ON CONFLICT (audit_entity_id) WHERE status = 'open' DO UPDATE
       SET review_reason = excluded.review_reason, details = excluded.details
     WHERE (review.review_reason, review.details)
           IS DISTINCT FROM (excluded.review_reason, excluded.details);
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.close_review(entity bigint, note text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE artwork_indexer.needs_manual_review AS review
       SET status = 'resolved', resolved_at = clock_timestamp(), resolved_by = 'audit',
           resolution_notes = note
     WHERE review.audit_entity_id = entity AND review.status = 'open';
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.ask_for_review(
    entity bigint, reason text, facts jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    known text;
BEGIN
    -- A person has to look for another reason than the verdict of an audit. What is asked
    -- already stays in the question. The caller holds the row of the entity.
    SELECT review.review_reason INTO known FROM artwork_indexer.needs_manual_review AS review
     WHERE review.audit_entity_id = entity AND review.status = 'open';
    IF NOT FOUND THEN
        PERFORM artwork_indexer.open_review(entity, reason, facts);
    ELSIF position(reason IN known) = 0 AND length(known) < 4000 THEN
        UPDATE artwork_indexer.needs_manual_review AS review
           SET review_reason = concat_ws(E'\n', review.review_reason, reason),
               details = review.details || facts
         WHERE review.audit_entity_id = entity AND review.status = 'open';
    END IF;
    UPDATE artwork_indexer.audit_entity AS asked
       SET status = 'manual_review', last_verdict = 'manual_review',
           priority = greatest(0, asked.priority - asked.priority_bonus), priority_bonus = 0,
           next_audit_at = coalesce(
               asked.next_audit_at,
               now() + (SELECT setting.reaudit FROM artwork_indexer.audit_setting AS setting))
     WHERE asked.id = entity;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.answer_review(
    review bigint, answer text, notes text, person text
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    entity bigint;
BEGIN
    -- False: there is no such open review. The entity is locked first, as everywhere.
    SELECT open.audit_entity_id INTO entity FROM artwork_indexer.needs_manual_review AS open
     WHERE open.id = answer_review.review AND open.status = 'open';
    PERFORM FROM artwork_indexer.audit_entity AS asked WHERE asked.id = entity FOR UPDATE;
    UPDATE artwork_indexer.needs_manual_review AS open
       SET status = answer::artwork_indexer.manual_review_status,
           resolution_notes = notes, resolved_by = person
     WHERE open.id = answer_review.review AND open.status = 'open';
    RETURN FOUND;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.acknowledge_review(
    review artwork_indexer.needs_manual_review
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- A person will not act on what this review is about, and on nothing else that is wrong with
    -- its entity: the findings that it names, and those that the failed repair it tells of was
    -- to mend. A review that names neither, such as one made by hand, has no evidence that
    -- could be acknowledged. Details may be anything.
    INSERT INTO artwork_indexer.audit_acknowledgement
           (audit_entity_id, kind, subject, digest, review)
    SELECT review.audit_entity_id, named.finding ->> 'kind', named.finding ->> 'subject',
           named.finding ->> 'digest', review.id
      FROM jsonb_path_query(review.details, '$.findings[*]') AS named (finding)
     WHERE named.finding ->> 'kind' IS NOT NULL AND named.finding ->> 'subject' IS NOT NULL
       AND named.finding ->> 'digest' IS NOT NULL
    UNION
    SELECT finding.audit_entity_id, finding.kind, finding.subject, finding.digest, review.id
      FROM artwork_indexer.audit_repair AS repair
      JOIN artwork_indexer.audit_finding AS finding
        ON finding.audit_entity_id = repair.audit_entity_id AND finding.kind = ANY (repair.kinds)
     WHERE repair.audit_entity_id = review.audit_entity_id
       AND repair.event::text = review.details ->> 'failed_event'
        ON CONFLICT DO NOTHING;
    UPDATE artwork_indexer.audit_finding AS finding SET acknowledged = true
      FROM artwork_indexer.audit_acknowledgement AS known
     WHERE finding.audit_entity_id = review.audit_entity_id AND NOT finding.acknowledged
       AND known.audit_entity_id = finding.audit_entity_id AND known.kind = finding.kind
       AND known.subject = finding.subject AND known.digest = finding.digest;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_upd_needs_manual_review() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- A person has answered, with our command or with psql: the entity is audited again.
    NEW.resolved_at := coalesce(NEW.resolved_at, clock_timestamp());
    NEW.resolved_by := coalesce(NEW.resolved_by, session_user);
    -- NOWAIT: an audit that is being finished locks these two rows in the other order.
    PERFORM FROM artwork_indexer.audit_entity AS asked
      WHERE asked.id = NEW.audit_entity_id
        FOR UPDATE NOWAIT;
    IF NEW.status = 'wont_fix' THEN
        PERFORM artwork_indexer.acknowledge_review(NEW);
    ELSE
        -- Whatever kept repairs from holding is said to be gone: their rounds begin anew.
        UPDATE artwork_indexer.audit_entity AS asked
           SET repair_rounds = 0, evidence = asked.evidence - 'rounds'
         WHERE asked.id = NEW.audit_entity_id;
    END IF;
    UPDATE artwork_indexer.audit_entity AS asked
       SET next_audit_at = now(), return_reason = 'review', crashes = 0,
           deferral_reason = NULL, deferrals = 0, deferred_since = NULL,
           status = CASE asked.status WHEN 'manual_review' THEN 'unchecked' ELSE asked.status END
     WHERE asked.id = NEW.audit_entity_id;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER b_upd_needs_manual_review
    BEFORE UPDATE ON artwork_indexer.needs_manual_review
    FOR EACH ROW
    WHEN (OLD.status = 'open' AND NEW.status <> 'open'
      AND NEW.resolved_by IS DISTINCT FROM 'audit')
    EXECUTE FUNCTION artwork_indexer.b_upd_needs_manual_review();
