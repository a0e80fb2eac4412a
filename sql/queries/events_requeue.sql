-- Requeue failed events together with their failed dependents.
SELECT event, outcome FROM artwork_indexer.requeue_failed_events(%(events)s::bigint[])
