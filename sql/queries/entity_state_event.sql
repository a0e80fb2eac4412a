-- The event that an MBID leads to: itself, or the one it was merged into; no row if there is none.
SELECT entity.gid::text AS gid,
       coalesce(meta.event_art_presence = 'darkened', false) AS darkened,
       EXISTS (SELECT FROM event_art_archive.event_art AS art WHERE art.event = entity.id) AS has_art
  FROM musicbrainz.event AS entity
  LEFT JOIN musicbrainz.event_meta AS meta ON meta.id = entity.id
 WHERE entity.id = coalesce(
       (SELECT alive.id FROM musicbrainz.event AS alive WHERE alive.gid = %(gid)s::uuid),
       (SELECT redirect.new_id FROM musicbrainz.event_gid_redirect AS redirect
         WHERE redirect.gid = %(gid)s::uuid))
