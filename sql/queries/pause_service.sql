-- Pause a service for all processes; a longer pause that exists already stays. Tells whether it is a new one.
INSERT INTO artwork_indexer.service_pause AS pause (service, paused_until, paused_since, reason)
VALUES (%(service)s, now() + %(duration)s::interval, now(), %(reason)s)
ON CONFLICT (service) DO UPDATE
   SET paused_since = CASE WHEN pause.paused_until > now()
                           -- Another process may have begun it in this very microsecond.
                           THEN least(pause.paused_since, now() - interval '1 microsecond')
                           ELSE now() END,
       paused_until = greatest(pause.paused_until, excluded.paused_until),
       reason = excluded.reason
RETURNING pause.paused_since = now() AS is_new
