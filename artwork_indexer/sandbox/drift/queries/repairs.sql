-- The events that audits have enqueued, by action and by how they ended.
SELECT action::text AS action, state::text AS state, count(*)::integer AS events
  FROM artwork_indexer.event_queue
 WHERE origin = 'audit'
 GROUP BY action, state
 ORDER BY action, state
