-- Generated from artwork_indexer/projects.py by artwork_indexer/triggers.py: do not edit.
--
-- Cover Art Archive: what each change in MusicBrainz asks the queue for. Every function runs with
-- its owner's rights, gives up a lock it cannot have soon, and never fails: what it cannot queue
-- is deferred. Rows looked up may be missing, then there is nothing to do.

CREATE OR REPLACE FUNCTION artwork_indexer.a_ins_cover_art() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT gid INTO mbid FROM musicbrainz.release WHERE id = NEW.release;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('release', mbid);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'release', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_upd_cover_art() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    old_mbid uuid;
    new_mbid uuid;
    -- The file keeps the suffix it was uploaded with, whatever the row says now.
    file_suffix text;
    keeps_images boolean;
BEGIN
    SELECT gid INTO old_mbid FROM musicbrainz.release WHERE id = OLD.release;
    SELECT gid INTO new_mbid FROM musicbrainz.release WHERE id = NEW.release;
    SELECT suffix INTO file_suffix FROM cover_art_archive.image_type
     WHERE mime_type = OLD.mime_type;

    IF OLD.release = NEW.release OR old_mbid IS NULL OR new_mbid IS NULL
       OR file_suffix IS NULL THEN
        -- Every column counts: edits_pending is what tells that an edit was accepted.
        PERFORM artwork_indexer.want_index('release', mbid)
           FROM unnest(ARRAY[old_mbid, new_mbid]) AS mbid
          WHERE mbid IS NOT NULL;
    ELSE
        keeps_images := EXISTS (
            SELECT FROM cover_art_archive.cover_art
             WHERE cover_art.release = OLD.release AND cover_art.id <> OLD.id);
        PERFORM artwork_indexer.want_image_move(
            'release', OLD.id, file_suffix, old_mbid, new_mbid, keeps_images);
    END IF;
    RETURN NEW;
EXCEPTION WHEN OTHERS THEN
    IF OLD.release = NEW.release OR old_mbid IS NULL OR file_suffix IS NULL THEN
        PERFORM artwork_indexer.defer_after_error(
            TG_NAME, SQLERRM, 'release', 'index', new_mbid, NULL);
    ELSE
        PERFORM artwork_indexer.defer_after_error(
            TG_NAME, SQLERRM, 'release', 'index', NULL,
            ARRAY[jsonb_build_object('artwork_id', OLD.id, 'old_gid', old_mbid,
                                     'new_gid', new_mbid, 'suffix', file_suffix)]);
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_cover_art() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
    file_suffix text;
    removal bigint;
BEGIN
    -- Nothing is found when the release itself is being deleted: b_del_release was there before.
    SELECT release.gid, image_type.suffix INTO mbid, file_suffix
      FROM musicbrainz.release, cover_art_archive.image_type
     WHERE release.id = OLD.release AND image_type.mime_type = OLD.mime_type;
    IF FOUND THEN
        removal := artwork_indexer.want_image_removal('release', OLD.id, file_suffix, mbid);
        PERFORM artwork_indexer.want_index('release', mbid, ARRAY[removal]);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(
        TG_NAME, SQLERRM, 'release', 'index', NULL,
        ARRAY[jsonb_build_object('artwork_id', OLD.id, 'gid', mbid, 'suffix', file_suffix)]);
    RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_ins_cover_art_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT release.gid INTO mbid
      FROM cover_art_archive.cover_art
      JOIN musicbrainz.release ON release.id = cover_art.release
     WHERE cover_art.id = NEW.id;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('release', mbid);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'release', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_cover_art_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT release.gid INTO mbid
      FROM cover_art_archive.cover_art
      JOIN musicbrainz.release ON release.id = cover_art.release
     WHERE cover_art.id = OLD.id;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('release', mbid);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'release', 'index', mbid, NULL);
    RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_release() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    removals jsonb[];
BEGIN
    -- The cascade reaches the images when the release is gone and cannot tell its MBID.
    SELECT array_agg(jsonb_build_object('artwork_id', cover_art.id, 'gid', OLD.gid,
                                        'suffix', image_type.suffix) ORDER BY cover_art.id)
      INTO removals
      FROM cover_art_archive.cover_art
      JOIN cover_art_archive.image_type ON image_type.mime_type = cover_art.mime_type
     WHERE cover_art.release = OLD.id;
    -- If the last image was removed just before, its index job will find no release to write,
    -- so the old listing has to go.
    IF removals IS NOT NULL OR artwork_indexer.has_open_index('release', OLD.gid) THEN
        PERFORM artwork_indexer.want_image_removal(
                    'release', (removal ->> 'artwork_id')::bigint, removal ->> 'suffix', OLD.gid)
           FROM unnest(removals) AS removal;
        PERFORM artwork_indexer.want_deindex('release', OLD.gid);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(
        TG_NAME, SQLERRM, 'release', 'deindex', OLD.gid, removals);
    RETURN OLD;
END
$$;

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

CREATE OR REPLACE FUNCTION artwork_indexer.a_upd_release() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    -- The XML document names the release.
    IF OLD.name <> NEW.name OR OLD.artist_credit <> NEW.artist_credit
       OR OLD.language IS DISTINCT FROM NEW.language
       OR OLD.barcode IS DISTINCT FROM NEW.barcode THEN
        SELECT gid INTO mbid FROM musicbrainz.release
         WHERE id = NEW.id
           AND EXISTS (SELECT FROM cover_art_archive.cover_art WHERE cover_art.release = release.id);
        IF FOUND THEN
            PERFORM artwork_indexer.want_index('release', mbid);
        END IF;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'release', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_upd_release_meta() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    -- The XML document holds the ASIN.
    IF OLD.amazon_asin IS DISTINCT FROM NEW.amazon_asin THEN
        SELECT gid INTO mbid FROM musicbrainz.release
         WHERE id = NEW.id
           AND EXISTS (SELECT FROM cover_art_archive.cover_art WHERE cover_art.release = release.id);
        IF FOUND THEN
            PERFORM artwork_indexer.want_index('release', mbid);
        END IF;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'release', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_ins_release_first_release_date() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    -- Changed release events: MusicBrainz keeps this table by DELETE and INSERT.
    IF true THEN
        SELECT gid INTO mbid FROM musicbrainz.release
         WHERE id = NEW.release
           AND EXISTS (SELECT FROM cover_art_archive.cover_art WHERE cover_art.release = release.id);
        IF FOUND THEN
            PERFORM artwork_indexer.want_index('release', mbid);
        END IF;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'release', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_del_release_first_release_date() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    -- Changed release events: MusicBrainz keeps this table by DELETE and INSERT.
    IF true THEN
        SELECT gid INTO mbid FROM musicbrainz.release
         WHERE id = OLD.release
           AND EXISTS (SELECT FROM cover_art_archive.cover_art WHERE cover_art.release = release.id);
        IF FOUND THEN
            PERFORM artwork_indexer.want_index('release', mbid);
        END IF;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'release', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION artwork_indexer.a_ins_cover_art() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.b_upd_cover_art() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.b_del_cover_art() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.a_ins_cover_art_type() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.b_del_cover_art_type() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.b_del_release() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.a_upd_artist() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.a_upd_release() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.a_upd_release_meta() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.a_ins_release_first_release_date() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.a_del_release_first_release_date() FROM PUBLIC;

SELECT artwork_indexer.ensure_trigger('cover_art_archive.cover_art', 'AFTER INSERT', 'a_ins_cover_art');
SELECT artwork_indexer.ensure_trigger('cover_art_archive.cover_art', 'BEFORE UPDATE', 'b_upd_cover_art');
SELECT artwork_indexer.ensure_trigger('cover_art_archive.cover_art', 'BEFORE DELETE', 'b_del_cover_art');
SELECT artwork_indexer.ensure_trigger('cover_art_archive.cover_art_type', 'AFTER INSERT', 'a_ins_cover_art_type');
SELECT artwork_indexer.ensure_trigger('cover_art_archive.cover_art_type', 'BEFORE DELETE', 'b_del_cover_art_type');
SELECT artwork_indexer.ensure_trigger('musicbrainz.release', 'BEFORE DELETE', 'b_del_release');
SELECT artwork_indexer.ensure_trigger('musicbrainz.artist', 'AFTER UPDATE', 'a_upd_artist');
SELECT artwork_indexer.ensure_trigger('musicbrainz.release', 'AFTER UPDATE', 'a_upd_release');
SELECT artwork_indexer.ensure_trigger('musicbrainz.release_meta', 'AFTER UPDATE', 'a_upd_release_meta');
SELECT artwork_indexer.ensure_trigger('musicbrainz.release_first_release_date', 'AFTER INSERT', 'a_ins_release_first_release_date');
SELECT artwork_indexer.ensure_trigger('musicbrainz.release_first_release_date', 'AFTER DELETE', 'a_del_release_first_release_date');
