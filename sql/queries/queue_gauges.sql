-- Figures of the queue for the metrics page, all in one pass: kind, name, entity type, value.
SELECT 'events' AS kind, event.state::text AS name, event.entity_type::text AS entity_type,
       count(*)::float8 AS value
  FROM artwork_indexer.event_queue AS event
 -- The completed ones are many, and of no interest here.
 WHERE event.state IN ('queued', 'running', 'failed')
 GROUP BY event.state, event.entity_type
UNION ALL
SELECT 'oldest_ready', '', '',
       extract(epoch FROM clock_timestamp() - min(greatest(ready.created, ready.run_after)))::float8
  FROM artwork_indexer.event_queue AS ready
 WHERE ready.state = 'queued' AND ready.waits_for IS NULL
UNION ALL
SELECT 'paused', pause.service, '',
       extract(epoch FROM pause.paused_until - clock_timestamp())::float8
  FROM artwork_indexer.service_pause AS pause
 WHERE pause.paused_until > clock_timestamp()
UNION ALL
SELECT 'held', hold.name, '', 1 FROM artwork_indexer.audit_hold AS hold
UNION ALL
SELECT 'reviews', '', '', count(*) FROM artwork_indexer.needs_manual_review AS review
 WHERE review.status = 'open'
UNION ALL
SELECT 'repairs', '', '', count(*) FROM artwork_indexer.event_queue AS outstanding
 WHERE outstanding.origin = 'audit' AND outstanding.state IN ('queued', 'running')
