-- An event that has not run yet.
INSERT INTO artwork_indexer.event_queue (entity_type, action, message, run_after)
VALUES (%(entity_type)s::artwork_indexer.indexable_entity_type, 'index',
        jsonb_build_object('gid', %(gid)s::text), now() + interval '12 hours')
