-- What is wrong now, the gravest first, then the newest.
SELECT entity.entity_type::text AS entity_type, entity.gid::text AS gid,
       found.kind, found.severity::text AS severity, found.subject, found.message,
       found.details, found.acknowledged, found.first_seen, found.last_seen
  FROM (SELECT finding.* FROM artwork_indexer.audit_finding AS finding
         WHERE (%(kinds)s::text[] IS NULL OR finding.kind = ANY (%(kinds)s::text[]))
           AND (%(severity)s::text IS NULL
                OR finding.severity = %(severity)s::artwork_indexer.finding_severity)
           AND (%(entities)s::bigint[] IS NULL
                OR finding.audit_entity_id = ANY (%(entities)s::bigint[]))
           AND (%(entity_type)s::text IS NULL OR EXISTS (
                SELECT FROM artwork_indexer.audit_entity AS typed
                 WHERE typed.id = finding.audit_entity_id
                   AND typed.entity_type
                       = %(entity_type)s::artwork_indexer.indexable_entity_type))
         ORDER BY finding.severity, finding.first_seen DESC, finding.audit_entity_id,
               finding.kind, finding.subject
         LIMIT %(most)s) AS found
  JOIN artwork_indexer.audit_entity AS entity ON entity.id = found.audit_entity_id
 ORDER BY found.severity, found.first_seen DESC, found.audit_entity_id, found.kind, found.subject
