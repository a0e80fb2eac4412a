-- Extend the leases of claimed events; rows that are missing from the answer are lost.
UPDATE artwork_indexer.event_queue AS event
   SET lease_expires = clock_timestamp() + %(lease)s::interval
  FROM unnest(%(events)s::bigint[], %(claims)s::integer[]) AS mine (id, claims)
 WHERE event.id = mine.id AND event.claims = mine.claims
   AND event.state = 'running' AND event.claimed_by = %(owner)s
RETURNING event.id
