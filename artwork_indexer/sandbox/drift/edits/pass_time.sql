-- time passes for the audit and for the queue of events
UPDATE artwork_indexer.audit_entity AS entity
   SET next_audit_at = entity.next_audit_at - passing.time,
       last_audit_at = entity.last_audit_at - passing.time,
       last_clean_at = entity.last_clean_at - passing.time,
       deferred_since = entity.deferred_since - passing.time,
       evidence = entity.evidence
           || CASE WHEN entity.evidence ? 'red_since' THEN jsonb_build_object(
                  'red_since', (entity.evidence ->> 'red_since')::float8 - %(seconds)s)
              ELSE '{}' END
           || CASE WHEN entity.evidence ? 'confirmations' THEN jsonb_build_object(
                  'confirmations', (
                      SELECT jsonb_object_agg(seen.key, seen.value::float8 - %(seconds)s)
                        FROM jsonb_each_text(entity.evidence -> 'confirmations') AS seen))
              ELSE '{}' END
  FROM (SELECT make_interval(secs => %(seconds)s) AS time) AS passing;
UPDATE artwork_indexer.event_queue AS event
   SET created = event.created - passing.time,
       last_updated = event.last_updated - passing.time,
       run_after = event.run_after - passing.time,
       snoozed_since = event.snoozed_since - passing.time
  FROM (SELECT make_interval(secs => %(seconds)s) AS time) AS passing;
-- A daemon that sleeps until something is due has to look at the clock.
SELECT pg_notify('artwork_indexer', '');
