-- The release that has an image now; no row if nobody has.
SELECT entity.gid::text AS gid,
       coalesce(meta.cover_art_presence = 'darkened', false) AS darkened
  FROM cover_art_archive.cover_art AS art
  JOIN musicbrainz.release AS entity ON entity.id = art.release
  LEFT JOIN musicbrainz.release_meta AS meta ON meta.id = entity.id
 WHERE art.id = %(image)s::bigint
