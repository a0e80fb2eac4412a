-- Take ready events for one worker, at most one of each MBID.
SELECT * FROM artwork_indexer.claim_events(
    %(owner)s::text, %(slots)s::integer, %(lease)s::interval, %(max_attempts)s::integer,
    %(index_delay)s::interval, %(has_web_service)s::boolean)
