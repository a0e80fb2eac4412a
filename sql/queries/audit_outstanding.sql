-- How many repairs are queued or running.
SELECT count(*)::integer AS outstanding
  FROM artwork_indexer.event_queue AS event
 WHERE event.origin = 'audit' AND event.state IN ('queued', 'running')
