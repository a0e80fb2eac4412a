-- Seconds until the next waiting event may be claimed, and until the next collecting index job may.
SELECT (SELECT extract(epoch FROM min(event.created) + %(index_delay)s::interval - clock_timestamp())::float8
          FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'queued'
           AND event.created > statement_timestamp() - %(index_delay)s::interval
           AND event.waits_for IS NULL
           AND event.action = 'index' AND event.origin = 'edit' AND event.attempts = 0
       ) AS collecting,
       (SELECT extract(epoch FROM min(wait.until) - clock_timestamp())::float8
          FROM (SELECT min(event.run_after)
                  FROM artwork_indexer.event_queue AS event
                 WHERE event.state = 'queued' AND event.waits_for = 'time'
                 UNION ALL
                SELECT min(pause.paused_until)
                  FROM artwork_indexer.service_pause AS pause
                 WHERE pause.paused_until > clock_timestamp()
               ) AS wait (until)
       ) AS waiting
