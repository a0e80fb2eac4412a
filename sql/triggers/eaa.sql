-- Generated from artwork_indexer/projects.py by artwork_indexer/triggers.py: do not edit.
--
-- Event Art Archive: what each change in MusicBrainz asks the queue for. Every function runs with
-- its owner's rights, gives up a lock it cannot have soon, and never fails: what it cannot queue
-- is deferred. Rows looked up may be missing, then there is nothing to do.

CREATE OR REPLACE FUNCTION artwork_indexer.a_ins_event_art() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT gid INTO mbid FROM musicbrainz.event WHERE id = NEW.event;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('event', mbid);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'event', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_upd_event_art() RETURNS trigger
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
    SELECT gid INTO old_mbid FROM musicbrainz.event WHERE id = OLD.event;
    SELECT gid INTO new_mbid FROM musicbrainz.event WHERE id = NEW.event;
    SELECT suffix INTO file_suffix FROM cover_art_archive.image_type
     WHERE mime_type = OLD.mime_type;

    IF OLD.event = NEW.event OR old_mbid IS NULL OR new_mbid IS NULL
       OR file_suffix IS NULL THEN
        -- Every column counts: edits_pending is what tells that an edit was accepted.
        PERFORM artwork_indexer.want_index('event', mbid)
           FROM unnest(ARRAY[old_mbid, new_mbid]) AS mbid
          WHERE mbid IS NOT NULL;
    ELSE
        keeps_images := EXISTS (
            SELECT FROM event_art_archive.event_art
             WHERE event_art.event = OLD.event AND event_art.id <> OLD.id);
        PERFORM artwork_indexer.want_image_move(
            'event', OLD.id, file_suffix, old_mbid, new_mbid, keeps_images);
    END IF;
    RETURN NEW;
EXCEPTION WHEN OTHERS THEN
    IF OLD.event = NEW.event OR old_mbid IS NULL OR file_suffix IS NULL THEN
        PERFORM artwork_indexer.defer_after_error(
            TG_NAME, SQLERRM, 'event', 'index', new_mbid, NULL);
    ELSE
        PERFORM artwork_indexer.defer_after_error(
            TG_NAME, SQLERRM, 'event', 'index', NULL,
            ARRAY[jsonb_build_object('artwork_id', OLD.id, 'old_gid', old_mbid,
                                     'new_gid', new_mbid, 'suffix', file_suffix)]);
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_event_art() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
    file_suffix text;
    removal bigint;
BEGIN
    -- Nothing is found when the event itself is being deleted: b_del_event was there before.
    SELECT event.gid, image_type.suffix INTO mbid, file_suffix
      FROM musicbrainz.event, cover_art_archive.image_type
     WHERE event.id = OLD.event AND image_type.mime_type = OLD.mime_type;
    IF FOUND THEN
        removal := artwork_indexer.want_image_removal('event', OLD.id, file_suffix, mbid);
        PERFORM artwork_indexer.want_index('event', mbid, ARRAY[removal]);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(
        TG_NAME, SQLERRM, 'event', 'index', NULL,
        ARRAY[jsonb_build_object('artwork_id', OLD.id, 'gid', mbid, 'suffix', file_suffix)]);
    RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_ins_event_art_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT event.gid INTO mbid
      FROM event_art_archive.event_art
      JOIN musicbrainz.event ON event.id = event_art.event
     WHERE event_art.id = NEW.id;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('event', mbid);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'event', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_event_art_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT event.gid INTO mbid
      FROM event_art_archive.event_art
      JOIN musicbrainz.event ON event.id = event_art.event
     WHERE event_art.id = OLD.id;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('event', mbid);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'event', 'index', mbid, NULL);
    RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    removals jsonb[];
BEGIN
    -- The cascade reaches the images when the event is gone and cannot tell its MBID.
    SELECT array_agg(jsonb_build_object('artwork_id', event_art.id, 'gid', OLD.gid,
                                        'suffix', image_type.suffix) ORDER BY event_art.id)
      INTO removals
      FROM event_art_archive.event_art
      JOIN cover_art_archive.image_type ON image_type.mime_type = event_art.mime_type
     WHERE event_art.event = OLD.id;
    -- If the last image was removed just before, its index job will find no event to write,
    -- so the old listing has to go.
    IF removals IS NOT NULL OR artwork_indexer.has_open_index('event', OLD.gid) THEN
        PERFORM artwork_indexer.want_image_removal(
                    'event', (removal ->> 'artwork_id')::bigint, removal ->> 'suffix', OLD.gid)
           FROM unnest(removals) AS removal;
        PERFORM artwork_indexer.want_deindex('event', OLD.gid);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(
        TG_NAME, SQLERRM, 'event', 'deindex', OLD.gid, removals);
    RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_upd_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    -- The XML document names the event.
    IF OLD.name <> NEW.name THEN
        SELECT gid INTO mbid FROM musicbrainz.event
         WHERE id = NEW.id
           AND EXISTS (SELECT FROM event_art_archive.event_art WHERE event_art.event = event.id);
        IF FOUND THEN
            PERFORM artwork_indexer.want_index('event', mbid);
        END IF;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, 'event', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION artwork_indexer.a_ins_event_art() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.b_upd_event_art() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.b_del_event_art() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.a_ins_event_art_type() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.b_del_event_art_type() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.b_del_event() FROM PUBLIC;
REVOKE ALL ON FUNCTION artwork_indexer.a_upd_event() FROM PUBLIC;

SELECT artwork_indexer.ensure_trigger('event_art_archive.event_art', 'AFTER INSERT', 'a_ins_event_art');
SELECT artwork_indexer.ensure_trigger('event_art_archive.event_art', 'BEFORE UPDATE', 'b_upd_event_art');
SELECT artwork_indexer.ensure_trigger('event_art_archive.event_art', 'BEFORE DELETE', 'b_del_event_art');
SELECT artwork_indexer.ensure_trigger('event_art_archive.event_art_type', 'AFTER INSERT', 'a_ins_event_art_type');
SELECT artwork_indexer.ensure_trigger('event_art_archive.event_art_type', 'BEFORE DELETE', 'b_del_event_art_type');
SELECT artwork_indexer.ensure_trigger('musicbrainz.event', 'BEFORE DELETE', 'b_del_event');
SELECT artwork_indexer.ensure_trigger('musicbrainz.event', 'AFTER UPDATE', 'a_upd_event');
