-- Ids of failed events, the ones that failed by themselves rather than with a parent first.
SELECT event.id
  FROM artwork_indexer.event_queue AS event
 WHERE event.state = 'failed'
   AND (%(action)s::text IS NULL OR event.action = %(action)s::artwork_indexer.event_queue_action)
   AND event.remark IS DISTINCT FROM 'cancelled'
   AND (event.remark IS NULL OR event.remark NOT LIKE 'superseded by %%')
 ORDER BY event.id
