-- The release that an MBID leads to: itself, or the one it was merged into; no row if there is none.
SELECT entity.gid::text AS gid,
       coalesce(meta.cover_art_presence = 'darkened', false) AS darkened,
       EXISTS (SELECT FROM cover_art_archive.cover_art AS art WHERE art.release = entity.id) AS has_art
  FROM musicbrainz.release AS entity
  LEFT JOIN musicbrainz.release_meta AS meta ON meta.id = entity.id
 WHERE entity.id = coalesce(
       (SELECT alive.id FROM musicbrainz.release AS alive WHERE alive.gid = %(gid)s::uuid),
       (SELECT redirect.new_id FROM musicbrainz.release_gid_redirect AS redirect
         WHERE redirect.gid = %(gid)s::uuid))
