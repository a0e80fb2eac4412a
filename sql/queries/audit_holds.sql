-- What keeps the audit from working.
SELECT hold.name, hold.reason, hold.held_by, hold.since
  FROM artwork_indexer.audit_hold AS hold
 ORDER BY hold.since, hold.name
