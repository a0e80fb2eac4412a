-- How many entities are in each state, and how many of them wait for a time that has passed. Reads the whole table.
SELECT entity.entity_type::text AS entity_type, entity.status::text AS status,
       count(*) AS entities,
       count(*) FILTER (WHERE entity.status NOT IN ('unchecked', 'audit_in_progress')
                          AND entity.next_audit_at <= now()) AS overdue
  FROM artwork_indexer.audit_entity AS entity
 GROUP BY entity.entity_type, entity.status
