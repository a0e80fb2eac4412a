-- The event that has an image now; no row if nobody has.
SELECT entity.gid::text AS gid,
       coalesce(meta.event_art_presence = 'darkened', false) AS darkened
  FROM event_art_archive.event_art AS art
  JOIN musicbrainz.event AS entity ON entity.id = art.event
  LEFT JOIN musicbrainz.event_meta AS meta ON meta.id = entity.id
 WHERE art.id = %(image)s::bigint
