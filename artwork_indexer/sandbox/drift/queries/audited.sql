-- Each entity under audit: its state, why it waits, what is wrong with it, what was done for it.
SELECT entity.gid::text AS gid, entity.status::text AS status,
       coalesce(entity.deferral_reason, '') AS waits_for, entity.attempts AS audits,
       ARRAY(SELECT DISTINCT finding.kind FROM artwork_indexer.audit_finding AS finding
              WHERE finding.audit_entity_id = entity.id) AS findings,
       ARRAY(SELECT event.action::text
               FROM artwork_indexer.audit_repair AS repair
               JOIN artwork_indexer.event_queue AS event ON event.id = repair.event
              WHERE repair.audit_entity_id = entity.id
              ORDER BY event.id) AS events,
       (SELECT review.review_reason FROM artwork_indexer.needs_manual_review AS review
         WHERE review.audit_entity_id = entity.id AND review.status = 'open') AS question
  FROM artwork_indexer.audit_entity AS entity
