-- Which MBIDs are live, merged or under audit already, by type of entity.
SELECT 'release' AS entity_type, 'live' AS life, array_agg(known.gid::text) AS gids
  FROM musicbrainz.release AS known
 WHERE known.gid = ANY (%(gids)s::uuid[])
HAVING count(*) > 0
 UNION ALL
SELECT 'release', 'merged', array_agg(known.gid::text)
  FROM musicbrainz.release_gid_redirect AS known
 WHERE known.gid = ANY (%(gids)s::uuid[])
HAVING count(*) > 0
 UNION ALL
SELECT 'event', 'live', array_agg(known.gid::text)
  FROM musicbrainz.event AS known
 WHERE known.gid = ANY (%(gids)s::uuid[])
HAVING count(*) > 0
 UNION ALL
SELECT 'event', 'merged', array_agg(known.gid::text)
  FROM musicbrainz.event_gid_redirect AS known
 WHERE known.gid = ANY (%(gids)s::uuid[])
HAVING count(*) > 0
 UNION ALL
SELECT known.entity_type::text, 'audited', array_agg(known.gid::text)
  FROM artwork_indexer.audit_entity AS known
 WHERE known.entity_type IN ('release', 'event') AND known.gid = ANY (%(gids)s::uuid[])
 GROUP BY known.entity_type
