-- What was queued after an event: how many of each action.
SELECT action::text AS action, count(*) AS events
  FROM artwork_indexer.event_queue
 WHERE id > %(last)s
 GROUP BY action
 ORDER BY min(id)
