-- Make entities due now, ahead of the regular round; unknown ones are added. Answers them all.
INSERT INTO artwork_indexer.audit_entity AS entity
       (entity_type, gid, next_audit_at, return_reason, seeded_from)
SELECT DISTINCT %(entity_type)s::artwork_indexer.indexable_entity_type, wanted.gid, now(),
       'recheck', 'recheck'
  FROM unnest(%(gids)s::uuid[]) AS wanted (gid)
 ORDER BY wanted.gid
    ON CONFLICT (entity_type, gid) DO UPDATE
   SET next_audit_at = now(), return_reason = 'recheck'
RETURNING entity.gid::text AS gid, entity.status::text AS status
