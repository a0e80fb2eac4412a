CREATE OR REPLACE FUNCTION artwork_indexer.a_upd_artist() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    most constant integer := 1000;
    mbids uuid[];
BEGIN
    IF OLD.name = NEW.name AND OLD.sort_name = NEW.sort_name THEN
        RETURN NULL;
    END IF;
    mbids := ARRAY(
        SELECT release.gid
          FROM musicbrainz.release
         WHERE release.artist_credit IN (
               SELECT artist_credit FROM musicbrainz.artist_credit_name WHERE artist = NEW.id)
           AND EXISTS (SELECT FROM cover_art_archive.cover_art
                        WHERE cover_art.release = release.id)
         LIMIT most + 1);
    IF cardinality(mbids) > most THEN
        -- Too much for the editor's transaction: the daemon does it in batches.
        INSERT INTO artwork_indexer.deferred_demand (entity_type, artist) VALUES ('release', NEW.id);
    ELSE
        PERFORM artwork_indexer.want_index('release', mbid) FROM unnest(mbids) AS mbid;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'artwork_indexer: % could not queue its work, which is deferred: %',
        TG_NAME, SQLERRM;
    BEGIN
        INSERT INTO artwork_indexer.deferred_demand (entity_type, artist) VALUES ('release', NEW.id);
    EXCEPTION WHEN OTHERS THEN
        RAISE WARNING 'artwork_indexer: % lost its work, an audit will find it: %',
            TG_NAME, SQLERRM;
    END;
    RETURN NULL;
END
$$;
