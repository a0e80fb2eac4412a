-- How many releases and events have art: counted where a table is small, else what its statistics say (NULL: nothing).
SELECT 'release' AS entity_type,
       CASE WHEN pg_relation_size('musicbrainz.release_meta') < 16 * 1024 * 1024
            THEN (SELECT count(*) FROM musicbrainz.release_meta AS meta
                   WHERE meta.cover_art_presence = 'present')
            ELSE (SELECT (relation.reltuples * common.share)::bigint
                    FROM pg_catalog.pg_stats AS known
                    JOIN pg_catalog.pg_class AS relation
                      ON relation.oid = 'musicbrainz.release_meta'::regclass
                    CROSS JOIN unnest(known.most_common_vals::text::text[], known.most_common_freqs)
                            AS common (presence, share)
                   WHERE known.schemaname = 'musicbrainz' AND known.tablename = 'release_meta'
                     AND known.attname = 'cover_art_presence' AND NOT known.inherited
                     AND common.presence = 'present')
       END AS entities
 UNION ALL
SELECT 'event',
       CASE WHEN pg_relation_size('musicbrainz.event_meta') < 16 * 1024 * 1024
            THEN (SELECT count(*) FROM musicbrainz.event_meta AS meta
                   WHERE meta.event_art_presence = 'present')
            ELSE (SELECT (relation.reltuples * common.share)::bigint
                    FROM pg_catalog.pg_stats AS known
                    JOIN pg_catalog.pg_class AS relation
                      ON relation.oid = 'musicbrainz.event_meta'::regclass
                    CROSS JOIN unnest(known.most_common_vals::text::text[], known.most_common_freqs)
                            AS common (presence, share)
                   WHERE known.schemaname = 'musicbrainz' AND known.tablename = 'event_meta'
                     AND known.attname = 'event_art_presence' AND NOT known.inherited
                     AND common.presence = 'present')
       END
