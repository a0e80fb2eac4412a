-- Which of many MBIDs have events that are queued or running, or still have to be queued.
WITH wanted AS (
    SELECT * FROM unnest(%(types)s::artwork_indexer.indexable_entity_type[], %(gids)s::uuid[])
               AS wanted (entity_type, gid)
), touched AS (
    SELECT event.entity_type, lower(mbid) AS gid
      FROM artwork_indexer.event_queue AS event
     CROSS JOIN unnest(artwork_indexer.event_gids(event.action, event.message)) AS mbid
     WHERE event.state IN ('queued', 'running')
     UNION ALL
    SELECT demand.entity_type, lower(mbid)
      FROM artwork_indexer.deferred_demand AS demand
     CROSS JOIN unnest(demand.gid::text
                       || artwork_indexer.event_gids(demand.action, demand.message)) AS mbid
     UNION ALL
    SELECT wanted.entity_type, wanted.gid::text
      FROM artwork_indexer.deferred_demand AS demand
      JOIN musicbrainz.artist_credit_name AS credit ON credit.artist = demand.artist
      JOIN musicbrainz.release ON release.artist_credit = credit.artist_credit
                              AND release.id > demand.last_entity
      JOIN wanted ON wanted.gid = release.gid AND wanted.entity_type = 'release'
)
SELECT wanted.entity_type::text, wanted.gid::text
  FROM wanted
 WHERE EXISTS (SELECT FROM touched
                WHERE touched.entity_type = wanted.entity_type
                  AND touched.gid = wanted.gid::text)
