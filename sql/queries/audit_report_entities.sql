-- Entities with findings of these kinds that follow a given entity, each once.
SELECT entity.id, entity.gid::text AS gid
  FROM (SELECT DISTINCT page.audit_entity_id
          FROM unnest(%(kinds)s::text[]) AS wanted (kind)
         CROSS JOIN LATERAL (
               SELECT finding.audit_entity_id FROM artwork_indexer.audit_finding AS finding
                WHERE finding.kind = wanted.kind AND finding.audit_entity_id > %(after)s
                  AND (%(severity)s::text IS NULL
                       OR finding.severity = %(severity)s::artwork_indexer.finding_severity)
                ORDER BY finding.audit_entity_id
                LIMIT %(most)s) AS page
         ORDER BY page.audit_entity_id
         LIMIT %(most)s) AS found
  JOIN artwork_indexer.audit_entity AS entity ON entity.id = found.audit_entity_id
 ORDER BY entity.id
