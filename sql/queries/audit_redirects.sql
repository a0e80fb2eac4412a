-- The MBIDs that were merged into each of many entities of one type, but for one of them.
SELECT entity.gid::text AS gid, redirect.gid::text AS merged
  FROM musicbrainz.release_gid_redirect AS redirect
  JOIN musicbrainz.release AS entity ON entity.id = redirect.new_id
 WHERE %(entity_type)s = 'release' AND entity.gid = ANY (%(gids)s::uuid[])
   AND redirect.gid <> %(without)s::uuid
 UNION ALL
SELECT entity.gid::text AS gid, redirect.gid::text AS merged
  FROM musicbrainz.event_gid_redirect AS redirect
  JOIN musicbrainz.event AS entity ON entity.id = redirect.new_id
 WHERE %(entity_type)s = 'event' AND entity.gid = ANY (%(gids)s::uuid[])
   AND redirect.gid <> %(without)s::uuid
 ORDER BY gid, merged
