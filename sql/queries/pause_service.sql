-- Pause a service for all processes; a longer pause that exists already stays.
INSERT INTO artwork_indexer.service_pause AS pause (service, paused_until, reason)
VALUES (%(service)s, clock_timestamp() + %(duration)s::interval, %(reason)s)
ON CONFLICT (service) DO UPDATE
   SET paused_since = CASE WHEN pause.paused_until > clock_timestamp()
                           THEN pause.paused_since ELSE clock_timestamp() END,
       paused_until = greatest(pause.paused_until, excluded.paused_until),
       reason = excluded.reason
