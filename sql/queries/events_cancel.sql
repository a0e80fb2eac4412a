-- Cancel queued events; everything that depends on them fails.
SELECT event, dependents FROM artwork_indexer.cancel_events(%(events)s::bigint[])
