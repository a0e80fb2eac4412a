-- Make entities due now, ahead of the regular round; unknown ones are added. Answers them all.
-- Rows are locked in the order of everybody else, by id.
WITH locked AS MATERIALIZED (
    SELECT known.id FROM artwork_indexer.audit_entity AS known
     WHERE known.entity_type = %(entity_type)s::artwork_indexer.indexable_entity_type
       AND known.gid = ANY (%(gids)s::uuid[])
     ORDER BY known.id
       FOR UPDATE)
INSERT INTO artwork_indexer.audit_entity AS entity
       (entity_type, gid, next_audit_at, return_reason, seeded_from)
SELECT DISTINCT %(entity_type)s::artwork_indexer.indexable_entity_type, wanted.gid, now(),
       'recheck', 'recheck'
  FROM unnest(%(gids)s::uuid[]) AS wanted (gid)
 CROSS JOIN (SELECT count(*) FROM locked) AS first
 ORDER BY wanted.gid
    ON CONFLICT (entity_type, gid) DO UPDATE
   SET next_audit_at = now(), return_reason = 'recheck'
RETURNING entity.gid::text AS gid, entity.status::text AS status
