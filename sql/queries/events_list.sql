-- Events for a list, newest first, with the latest failure reason of each.
SELECT event.id, event.state::text AS state, event.entity_type::text AS entity_type,
       event.action::text AS action, event.message, event.depends_on,
       event.attempts, event.priority, event.origin::text AS origin,
       event.created, event.last_updated, event.run_after, event.waits_for::text AS waits_for,
       event.claimed_by, event.snoozed_since, event.remark,
       reason.failure_reason
  FROM artwork_indexer.event_queue AS event
  LEFT JOIN LATERAL (
       SELECT known.failure_reason
         FROM artwork_indexer.event_failure_reason AS known
        WHERE known.event = event.id
        ORDER BY known.created DESC
        LIMIT 1) AS reason ON true
 WHERE (%(state)s::text IS NULL OR event.state = %(state)s::artwork_indexer.event_state)
   AND (%(action)s::text IS NULL OR event.action = %(action)s::artwork_indexer.event_queue_action)
   AND (%(entity_type)s::text IS NULL
        OR event.entity_type = %(entity_type)s::artwork_indexer.indexable_entity_type)
   AND (%(gid)s::text IS NULL
        OR %(gid)s = ANY (artwork_indexer.event_gids(event.action, event.message)))
 ORDER BY event.id DESC
 LIMIT %(most)s
