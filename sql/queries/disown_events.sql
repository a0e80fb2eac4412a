-- Give back the claims of a worker that it does not know of.
SELECT artwork_indexer.disown_events(%(owner)s::text, %(held)s::bigint[])
