-- Take ready events for one worker, at most one of each MBID.
SELECT id, entity_type, action, message, depends_on, attempts, claims, origin, vanished_parents,
       -- Times beyond what a program can hold, written by hand, are brought into reach.
       least(greatest(created, '0001-01-02'), '9999-12-30') AS created,
       CASE WHEN snoozed_since IS NOT NULL
            THEN least(greatest(snoozed_since, '0001-01-02'), '9999-12-30') END AS snoozed_since
  FROM artwork_indexer.claim_events(
    %(owner)s::text, %(slots)s::integer, %(lease)s::interval, %(max_attempts)s::integer,
    %(index_delay)s::interval, %(has_web_service)s::boolean)
