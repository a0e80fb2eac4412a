-- Seconds until an audit may be claimed, budgets and holds aside; NULL when none ever will be.
SELECT CASE
    WHEN EXISTS (SELECT FROM artwork_indexer.audit_entity AS entity
                  WHERE entity.status = 'unchecked')
      OR due.at < statement_timestamp() THEN 0
    ELSE extract(epoch FROM due.at - statement_timestamp())
    END::float8 AS seconds
  FROM (SELECT least(
        (SELECT min(waiting.next_audit_at) FROM artwork_indexer.audit_entity AS waiting
          WHERE waiting.status <> 'audit_in_progress' AND waiting.next_audit_at IS NOT NULL),
        (SELECT min(coalesce(stalled.lease_expires, statement_timestamp()))
           FROM artwork_indexer.audit_entity AS stalled
          WHERE stalled.status = 'audit_in_progress'))) AS due (at)
