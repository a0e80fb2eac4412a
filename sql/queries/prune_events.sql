-- Delete one batch of old completed events, but none that an unfinished event names.
DELETE FROM artwork_indexer.event_queue
 WHERE id IN (
       SELECT old.id
         FROM artwork_indexer.event_queue AS old
        WHERE old.state = 'completed'
          AND coalesce(old.completed_at, old.last_updated) < statement_timestamp() - %(retention)s::interval
          AND NOT EXISTS (
              SELECT FROM artwork_indexer.event_queue AS child
               WHERE child.state <> 'completed' AND child.depends_on IS NOT NULL
                 AND child.depends_on @> ARRAY[old.id])
        ORDER BY coalesce(old.completed_at, old.last_updated)
        LIMIT %(most)s
          FOR UPDATE SKIP LOCKED)
