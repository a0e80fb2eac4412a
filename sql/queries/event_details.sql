-- One event with its failure reasons, its parents and its direct dependents.
SELECT event.id, event.state::text AS state, event.entity_type::text AS entity_type,
       event.action::text AS action, event.message, event.depends_on,
       event.attempts, event.crashes, event.priority, event.origin::text AS origin,
       event.created, event.last_updated, event.run_after, event.waits_for::text AS waits_for,
       event.claimed_by, event.claimed_at, event.lease_expires, event.snoozed_since,
       event.completed_at, event.remark,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'created', reason.created, 'attempt', reason.attempt,
                   'error_class', reason.error_class, 'http_status', reason.http_status,
                   'failure_reason', reason.failure_reason) ORDER BY reason.created), '[]')
          FROM artwork_indexer.event_failure_reason AS reason
         WHERE reason.event = event.id) AS failure_reasons,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', parent.id, 'action', parent.action, 'state', parent.state)
                   ORDER BY parent.id), '[]')
          FROM artwork_indexer.event_queue AS parent
         WHERE parent.id = ANY (event.depends_on)) AS parents,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', child.id, 'action', child.action, 'state', child.state)
                   ORDER BY child.id), '[]')
          FROM artwork_indexer.event_queue AS child
         WHERE child.depends_on IS NOT NULL AND child.depends_on @> ARRAY[event.id]) AS dependents
  FROM artwork_indexer.event_queue AS event
 WHERE event.id = %(event)s
