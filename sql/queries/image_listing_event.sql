-- The images of a live event in the order shown; one row of NULLs if it has none, no row if it is not live.
SELECT coalesce(meta.event_art_presence = 'darkened', false) AS darkened,
       listing.id, listing.mime_type, image_type.suffix, listing.approved,
       listing.is_front AS front, NULL::boolean AS back,
       listing.comment, listing.edit, listing.types
  FROM musicbrainz.event AS entity
  LEFT JOIN musicbrainz.event_meta AS meta ON meta.id = entity.id
  LEFT JOIN event_art_archive.index_listing AS listing ON listing.event = entity.id
  LEFT JOIN cover_art_archive.image_type ON image_type.mime_type = listing.mime_type
 WHERE entity.gid = %(gid)s::uuid
 ORDER BY listing.ordering, listing.id
