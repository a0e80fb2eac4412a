-- MBIDs under audit.
INSERT INTO artwork_indexer.audit_entity (entity_type, gid)
SELECT %(entity_type)s::artwork_indexer.indexable_entity_type, gid
  FROM unnest(%(gids)s::uuid[]) AS gid
 ORDER BY gid
    ON CONFLICT DO NOTHING
