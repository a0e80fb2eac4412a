-- Two roles without a login, with no more rights than they need:
--   artwork_indexer     for the daemon and its commands (all but migrate)
--   artwork_indexer_ro  for dashboards and reports
-- Run it with psql after `artwork-indexer migrate`, as the owner of the MusicBrainz tables and
-- of the schema, who needs CREATEROLE for the first two statements. Safe to repeat; repeat it
-- after an upgrade. Then, for example: GRANT artwork_indexer TO caa_indexer;

DO $$
BEGIN
    IF to_regrole('artwork_indexer') IS NULL THEN
        CREATE ROLE artwork_indexer NOLOGIN;
    END IF;
    IF to_regrole('artwork_indexer_ro') IS NULL THEN
        CREATE ROLE artwork_indexer_ro NOLOGIN;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA artwork_indexer TO artwork_indexer, artwork_indexer_ro;
GRANT USAGE ON SCHEMA musicbrainz, cover_art_archive, event_art_archive TO artwork_indexer;

-- The queue and the audit. What migrations are in may be read, not changed.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA artwork_indexer TO artwork_indexer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA artwork_indexer TO artwork_indexer;
REVOKE INSERT, UPDATE, DELETE
    ON artwork_indexer.schema_migration, artwork_indexer.schema_function_file
  FROM artwork_indexer;
GRANT SELECT ON ALL TABLES IN SCHEMA artwork_indexer TO artwork_indexer_ro;

-- All functions but those of triggers, which run with their owner's rights.
DO $$
DECLARE
    callable regprocedure;
BEGIN
    FOR callable IN
        SELECT oid FROM pg_catalog.pg_proc
         WHERE pronamespace = to_regnamespace('artwork_indexer')
           AND prorettype <> 'pg_catalog.trigger'::regtype
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO artwork_indexer', callable);
    END LOOP;
END
$$;

-- What the index, the audit and their look at replication read.
GRANT SELECT ON
    cover_art_archive.art_type,
    cover_art_archive.cover_art,
    cover_art_archive.cover_art_type,
    cover_art_archive.image_type,
    cover_art_archive.index_listing,
    event_art_archive.art_type,
    event_art_archive.event_art,
    event_art_archive.event_art_type,
    event_art_archive.index_listing,
    musicbrainz.area,
    musicbrainz.artist,
    musicbrainz.artist_credit,
    musicbrainz.artist_credit_name,
    musicbrainz.artist_type,
    musicbrainz.country_area,
    musicbrainz.event,
    musicbrainz.event_gid_redirect,
    musicbrainz.event_meta,
    musicbrainz.event_type,
    musicbrainz.iso_3166_1,
    musicbrainz.l_artist_event,
    musicbrainz.l_event_place,
    musicbrainz.language,
    musicbrainz.link,
    musicbrainz.link_type,
    musicbrainz.place,
    musicbrainz.place_type,
    musicbrainz.release,
    musicbrainz.release_country,
    musicbrainz.release_first_release_date,
    musicbrainz.release_gid_redirect,
    musicbrainz.release_group,
    musicbrainz.release_meta,
    musicbrainz.release_packaging,
    musicbrainz.release_status,
    musicbrainz.release_unknown_country,
    musicbrainz.replication_control,
    musicbrainz.script
TO artwork_indexer;

-- Of an edit, only whether it is closed; never who made it.
GRANT SELECT (id, close_time) ON musicbrainz.edit TO artwork_indexer;
