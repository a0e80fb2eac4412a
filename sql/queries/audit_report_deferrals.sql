-- For which reasons entities have no verdict, the most frequent first.
SELECT coalesce(entity.deferral_reason, 'unknown') AS reason, count(*) AS entities
  FROM artwork_indexer.audit_entity AS entity
 WHERE entity.status = 'deferred'
 GROUP BY entity.deferral_reason
 ORDER BY count(*) DESC, reason
