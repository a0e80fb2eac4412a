-- How many events are unfinished, and how many failed.
SELECT count(*) FILTER (WHERE state IN ('queued', 'running')) AS unfinished,
       count(*) FILTER (WHERE state = 'failed') AS failed
  FROM artwork_indexer.event_queue
