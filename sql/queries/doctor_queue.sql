-- What in the queue needs a person: counts, and the age in seconds of the oldest ready event.
SELECT (SELECT count(*) FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'queued') AS queued,
       (SELECT count(*) FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'failed') AS failed,
       (SELECT count(*) FROM artwork_indexer.event_queue AS child
         WHERE child.state = 'queued' AND child.waits_for = 'parent'
           AND EXISTS (SELECT FROM artwork_indexer.event_queue AS parent
                        WHERE parent.id = ANY (child.depends_on)
                          AND parent.state = 'failed')) AS orphaned,
       (SELECT count(*) FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'running'
           AND coalesce(event.lease_expires, event.last_updated + interval '2.5 minutes')
               < clock_timestamp() - interval '1 minute') AS stalled,
       (SELECT extract(epoch FROM clock_timestamp() - min(greatest(event.created, event.run_after)))
          FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'queued' AND event.waits_for IS NULL)::float8 AS oldest_ready
