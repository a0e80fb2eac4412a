-- The audits of an entity that were not clean, and the first clean ones after them; newest first.
SELECT history.audited_at, history.verdict::text AS verdict, history.reason, history.findings,
       history.events
  FROM artwork_indexer.audit_history AS history
 WHERE history.audit_entity_id = %(entity)s
 ORDER BY history.audited_at DESC, history.id DESC
 LIMIT %(most)s
