-- Take events from workers that stopped renewing their leases.
SELECT rescued, outcome FROM artwork_indexer.rescue_events(%(most_crashes)s::integer)
