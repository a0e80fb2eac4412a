-- One review with its entity.
SELECT review.id, review.status::text AS status, review.review_reason, review.created_at,
       review.resolved_at, review.resolved_by, review.resolution_notes, review.details,
       entity.id AS audit_entity_id, entity.entity_type::text AS entity_type,
       entity.gid::text AS gid
  FROM artwork_indexer.needs_manual_review AS review
  JOIN artwork_indexer.audit_entity AS entity ON entity.id = review.audit_entity_id
 WHERE review.id = %(review)s
