-- The repair events of an entity, newest first; the queue forgets completed ones earlier.
SELECT repair.event, repair.round, repair.kinds, repair.absorbed, repair.enqueued_at,
       repair.ended_at, repair.verified_at, event.entity_type::text AS entity_type,
       event.action::text AS action, event.message,
       coalesce(event.state, repair.outcome)::text AS state, reason.failure_reason
  FROM artwork_indexer.audit_repair AS repair
  LEFT JOIN artwork_indexer.event_queue AS event ON event.id = repair.event
  LEFT JOIN LATERAL (
       SELECT known.failure_reason
         FROM artwork_indexer.event_failure_reason AS known
        WHERE known.event = repair.event
        ORDER BY known.created DESC
        LIMIT 1) AS reason ON true
 WHERE repair.audit_entity_id = %(entity)s
 ORDER BY repair.enqueued_at DESC, repair.event DESC
 LIMIT %(most)s
