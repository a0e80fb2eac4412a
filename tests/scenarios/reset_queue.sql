-- What the fixtures queued does not belong to any scenario.
TRUNCATE artwork_indexer.event_queue CASCADE;
TRUNCATE artwork_indexer.deferred_demand;
SELECT setval('artwork_indexer.event_queue_id_seq', 1, false);
