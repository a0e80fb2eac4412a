-- Seconds until something that waits becomes due, by kind; NULL when nothing of the kind waits.
SELECT (SELECT extract(epoch FROM min(event.created) + %(index_delay)s::interval - clock_timestamp())::float8
          FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'queued'
           -- A job that became due after the claim had looked counts too, and one whose edit
           -- was committed a moment late.
           AND event.created > statement_timestamp() - %(index_delay)s::interval
                             - %(since)s::interval - interval '1 second'
           AND event.waits_for IS NULL
           AND event.action = 'index' AND event.origin = 'edit' AND event.attempts = 0
           AND isfinite(event.created)
       ) AS collecting,
       (SELECT extract(epoch FROM min(wait.until) - clock_timestamp())::float8
          FROM (SELECT min(event.run_after)
                  FROM artwork_indexer.event_queue AS event
                 WHERE event.state = 'queued' AND event.waits_for = 'time'
                   AND isfinite(event.run_after)
                 UNION ALL
                SELECT min(pause.paused_until)
                  FROM artwork_indexer.service_pause AS pause
                 WHERE pause.paused_until > statement_timestamp()
               ) AS wait (until)
       ) AS waiting,
       (SELECT extract(epoch FROM min(coalesce(
                   running.lease_expires,
                   coalesce(running.claimed_at, running.last_updated) + interval '2.5 minutes'))
                   - clock_timestamp())::float8
          FROM artwork_indexer.event_queue AS running
         WHERE running.state = 'running'
       ) AS stalled,
       EXISTS (SELECT FROM artwork_indexer.deferred_demand) AS deferred
