-- The first unfinished copy that still needs an original, other than those a delete waited for.
SELECT copy.id, copy.state::text AS state
  FROM artwork_indexer.event_queue AS copy
 WHERE copy.entity_type = %(entity_type)s::artwork_indexer.indexable_entity_type
   AND copy.state <> 'completed'
   AND copy.action = 'copy_image'
   AND copy.message ->> 'artwork_id' = %(image)s::text
   AND copy.message ->> 'old_gid' = %(gid)s::text
   AND copy.message ->> 'suffix' = %(suffix)s::text
   AND copy.id <> ALL (%(depends_on)s::bigint[])
 ORDER BY copy.id
 LIMIT 1
