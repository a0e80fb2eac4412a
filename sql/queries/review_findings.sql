-- What is wrong with an entity now.
SELECT finding.kind, finding.subject, finding.severity::text AS severity, finding.digest,
       finding.message, finding.details, finding.acknowledged, finding.first_seen,
       finding.last_seen
  FROM artwork_indexer.audit_finding AS finding
 WHERE finding.audit_entity_id = %(entity)s
 ORDER BY finding.severity, finding.kind, finding.subject
