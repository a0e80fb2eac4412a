-- The newest event.
SELECT coalesce(max(id), 0) AS id FROM artwork_indexer.event_queue
