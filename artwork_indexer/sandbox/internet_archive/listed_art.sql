-- Every image of every entity, or of one, in the order of index.json, for a healthy archive.
SELECT
    'release' AS entity_type,
    release.gid,
    release_meta.cover_art_presence = 'darkened' AS darkened,
    listing.id,
    image_type.suffix,
    listing.approved,
    listing.is_front,
    listing.is_back,
    listing.comment,
    listing.edit,
    listing.types,
    listing.ordering
FROM cover_art_archive.index_listing AS listing
JOIN cover_art_archive.image_type USING (mime_type)
JOIN musicbrainz.release ON release.id = listing.release
JOIN musicbrainz.release_meta ON release_meta.id = release.id
WHERE %(gid)s::uuid IS NULL OR release.gid = %(gid)s::uuid
UNION ALL
SELECT
    'event',
    event.gid,
    event_meta.event_art_presence = 'darkened',
    listing.id,
    image_type.suffix,
    listing.approved,
    listing.is_front,
    NULL,
    listing.comment,
    listing.edit,
    listing.types,
    listing.ordering
FROM event_art_archive.index_listing AS listing
JOIN cover_art_archive.image_type USING (mime_type)
JOIN musicbrainz.event ON event.id = listing.event
JOIN musicbrainz.event_meta ON event_meta.id = event.id
WHERE %(gid)s::uuid IS NULL OR event.gid = %(gid)s::uuid
ORDER BY entity_type, gid, ordering, id
