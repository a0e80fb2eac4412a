-- The states of the named events, and which of their parents failed.
SELECT event.id, event.state::text AS state,
       ARRAY(SELECT parent.id FROM artwork_indexer.event_queue AS parent
              WHERE parent.id = ANY (event.depends_on) AND parent.state = 'failed'
              ORDER BY parent.id) AS failed_parents
  FROM artwork_indexer.event_queue AS event
 WHERE event.id = ANY (%(events)s::bigint[])
 ORDER BY event.id
