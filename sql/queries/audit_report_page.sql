-- The findings of one kind that follow a given one, in the order of the entities.
SELECT found.audit_entity_id, entity.entity_type::text AS entity_type, entity.gid::text AS gid,
       found.kind, found.severity::text AS severity, found.subject, found.message,
       found.details, found.acknowledged, found.first_seen, found.last_seen
  FROM (SELECT finding.* FROM artwork_indexer.audit_finding AS finding
         WHERE finding.kind = %(kind)s::text
           AND finding.audit_entity_id >= %(after)s
           AND (finding.audit_entity_id, finding.subject) > (%(after)s, %(subject)s::text)
           AND (%(severity)s::text IS NULL
                OR finding.severity = %(severity)s::artwork_indexer.finding_severity)
         ORDER BY finding.audit_entity_id, finding.subject
         LIMIT %(most)s) AS found
  JOIN artwork_indexer.audit_entity AS entity ON entity.id = found.audit_entity_id
 ORDER BY found.audit_entity_id, found.subject
