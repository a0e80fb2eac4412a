-- Reviews in a state, oldest first.
SELECT review.id, review.status::text AS status, review.review_reason, review.created_at,
       review.resolved_at, review.resolved_by, review.resolution_notes, review.details,
       entity.id AS audit_entity_id, entity.entity_type::text AS entity_type,
       entity.gid::text AS gid
  FROM artwork_indexer.needs_manual_review AS review
  JOIN artwork_indexer.audit_entity AS entity ON entity.id = review.audit_entity_id
 WHERE review.status = %(status)s::artwork_indexer.manual_review_status
   AND (%(entity_type)s::text IS NULL OR entity.entity_type::text = %(entity_type)s::text)
   AND (%(kind)s::text IS NULL OR EXISTS (
        SELECT FROM artwork_indexer.audit_finding AS finding
         WHERE finding.audit_entity_id = entity.id AND finding.kind = %(kind)s::text))
 ORDER BY review.created_at, review.id
 LIMIT %(most)s OFFSET %(skip)s
