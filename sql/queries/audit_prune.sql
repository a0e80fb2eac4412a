-- Delete one batch of what is of no more use; answers how many rows went.
SELECT artwork_indexer.prune_audit_records(%(retention)s::interval, %(most)s::integer)
