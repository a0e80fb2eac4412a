-- The last earlier copy that brings an original: unfinished, or done but perhaps not yet applied.
SELECT copy.id, copy.state::text AS state
  FROM (SELECT unfinished.*
          FROM artwork_indexer.event_queue AS unfinished
         WHERE unfinished.entity_type = %(entity_type)s::artwork_indexer.indexable_entity_type
           AND unfinished.state <> 'completed'
           AND unfinished.action = 'copy_image'
           AND unfinished.message ->> 'artwork_id' = %(image)s::text
         UNION ALL
        SELECT done.*
          FROM artwork_indexer.event_queue AS done
         WHERE done.entity_type = %(entity_type)s::artwork_indexer.indexable_entity_type
           AND done.state = 'completed'
           -- A remark says that nothing was copied.
           AND done.remark IS NULL
           AND coalesce(done.completed_at, done.last_updated)
               > now() - %(hours)s::float8 * interval '1 hour'
           AND done.action = 'copy_image'
           AND done.message ->> 'artwork_id' = %(image)s::text
       ) AS copy
 WHERE copy.message ->> 'new_gid' = %(gid)s::text
   AND copy.message ->> 'suffix' = %(suffix)s::text
   AND copy.id < %(before)s::bigint
 ORDER BY copy.id DESC
 LIMIT 1
