-- Fail events that wait for a parent which failed before they were queued.
SELECT artwork_indexer.fail_orphaned_events(%(grace)s::interval, %(most)s::integer)
