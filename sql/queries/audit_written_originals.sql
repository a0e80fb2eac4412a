-- Which originals of an entity events of ours have written since its last clean audit.
SELECT DISTINCT image.id
  FROM unnest(%(images)s::bigint[]) AS image (id)
  JOIN artwork_indexer.event_queue AS copy
    ON copy.entity_type = %(entity_type)s::artwork_indexer.indexable_entity_type
   AND copy.message ->> 'artwork_id' = image.id::text
   AND copy.action = 'copy_image' AND copy.state = 'completed'
   -- A remark says that nothing was copied.
   AND copy.remark IS NULL
   AND lower(copy.message ->> 'new_gid') = %(gid)s::text
 WHERE coalesce(copy.completed_at, copy.last_updated) > coalesce((
       SELECT entity.last_clean_at FROM artwork_indexer.audit_entity AS entity
        WHERE entity.entity_type = %(entity_type)s::artwork_indexer.indexable_entity_type
          AND entity.gid = %(gid)s::uuid), '-infinity')
