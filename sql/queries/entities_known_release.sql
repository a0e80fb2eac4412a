-- Which of the named MBIDs are live releases, and which were merged into another.
SELECT live.gid::text AS gid, NULL::text AS merged_into
  FROM musicbrainz.release AS live
 WHERE live.gid = ANY (%(gids)s::uuid[])
 UNION ALL
SELECT redirect.gid::text, live.gid::text
  FROM musicbrainz.release_gid_redirect AS redirect
  JOIN musicbrainz.release AS live ON live.id = redirect.new_id
 WHERE redirect.gid = ANY (%(gids)s::uuid[])
