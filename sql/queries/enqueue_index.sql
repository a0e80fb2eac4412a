-- Ask for an index by hand; a job that is queued already is pulled forward.
INSERT INTO artwork_indexer.event_queue AS event (entity_type, action, message, origin, run_after)
SELECT %(entity_type)s::artwork_indexer.indexable_entity_type, 'index',
       jsonb_build_object('gid', wanted.gid), 'operator', clock_timestamp()
  FROM unnest(%(gids)s::text[]) AS wanted (gid)
ON CONFLICT (entity_type, action, message) WHERE state = 'queued' DO UPDATE
   SET origin = 'operator', priority = greatest(event.priority, 100),
       run_after = clock_timestamp(), attempts = 0
RETURNING event.id, event.message ->> 'gid' AS gid, event.xmax = 0 AS inserted
