-- Look at a stretch of the events that wait for a parent, and release those that need not.
WITH stretch AS (
    SELECT event.id, artwork_indexer.has_unfinished_parent(event) AS waits
      FROM artwork_indexer.event_queue AS event
     WHERE event.state = 'queued' AND event.waits_for = 'parent' AND event.id > %(position)s
     ORDER BY event.id
     LIMIT %(most)s
), released AS (
    UPDATE artwork_indexer.event_queue AS event SET waits_for = NULL
     WHERE event.id IN (
           SELECT free.id
             FROM artwork_indexer.event_queue AS free
            WHERE free.id IN (SELECT id FROM stretch WHERE NOT waits)
              AND free.state = 'queued' AND free.waits_for = 'parent'
              FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT (SELECT max(id) FROM stretch HAVING count(*) = %(most)s) AS position,
       (SELECT count(*) FROM released) AS released
