-- What in the queue needs a person: counts, and the age in seconds of the oldest ready event.
SELECT (SELECT count(*) FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'queued') AS queued,
       (SELECT count(*) FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'failed') AS failed,
       (SELECT count(DISTINCT child.id)
          FROM artwork_indexer.event_queue AS parent
          JOIN artwork_indexer.event_queue AS child
            ON child.depends_on @> ARRAY[parent.id] AND child.state = 'queued'
         WHERE parent.state = 'failed') AS orphaned,
       (SELECT count(*) FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'running'
           AND coalesce(event.lease_expires, event.last_updated + interval '2.5 minutes')
               < clock_timestamp() - interval '1 minute') AS stalled,
       (SELECT extract(epoch FROM clock_timestamp() - min(greatest(event.created, event.run_after)))
          FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'queued' AND event.waits_for IS NULL)::float8 AS oldest_ready
