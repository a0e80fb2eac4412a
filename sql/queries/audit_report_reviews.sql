-- All reviews of an entity, newest first.
SELECT review.id, review.status::text AS status, review.review_reason, review.created_at,
       review.resolved_at, review.resolved_by, review.resolution_notes
  FROM artwork_indexer.needs_manual_review AS review
 WHERE review.audit_entity_id = %(entity)s
 ORDER BY review.created_at DESC, review.id DESC
 LIMIT %(most)s
