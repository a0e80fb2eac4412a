-- Who has each of many images now, in either archive; images that nobody has give no row.
SELECT 'release' AS entity_type, art.id, entity.gid::text AS gid,
       coalesce(meta.cover_art_presence = 'darkened', false) AS darkened,
       coalesce(image_type.suffix, art.mime_type) AS suffix
  FROM cover_art_archive.cover_art AS art
  JOIN musicbrainz.release AS entity ON entity.id = art.release
  LEFT JOIN musicbrainz.release_meta AS meta ON meta.id = entity.id
  LEFT JOIN cover_art_archive.image_type ON image_type.mime_type = art.mime_type
 WHERE art.id = ANY (%(images)s::bigint[])
 UNION ALL
SELECT 'event' AS entity_type, art.id, entity.gid::text AS gid,
       coalesce(meta.event_art_presence = 'darkened', false) AS darkened,
       coalesce(image_type.suffix, art.mime_type) AS suffix
  FROM event_art_archive.event_art AS art
  JOIN musicbrainz.event AS entity ON entity.id = art.event
  LEFT JOIN musicbrainz.event_meta AS meta ON meta.id = entity.id
  LEFT JOIN cover_art_archive.image_type ON image_type.mime_type = art.mime_type
 WHERE art.id = ANY (%(images)s::bigint[])
