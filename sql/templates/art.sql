-- Generated from artwork_indexer/projects.py by artwork_indexer/triggers.py: do not edit.
--
-- @name@: what each change in MusicBrainz asks the queue for. Every function runs with
-- its owner's rights, gives up a lock it cannot have soon, and never fails: what it cannot queue
-- is deferred. Rows looked up may be missing, then there is nothing to do.

CREATE OR REPLACE FUNCTION artwork_indexer.a_ins_@art@() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT gid INTO mbid FROM musicbrainz.@entity@ WHERE id = NEW.@entity@;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('@entity@', mbid);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, '@entity@', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_upd_@art@() RETURNS trigger
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
    SELECT gid INTO old_mbid FROM musicbrainz.@entity@ WHERE id = OLD.@entity@;
    SELECT gid INTO new_mbid FROM musicbrainz.@entity@ WHERE id = NEW.@entity@;
    SELECT suffix INTO file_suffix FROM cover_art_archive.image_type
     WHERE mime_type = OLD.mime_type;

    IF OLD.@entity@ = NEW.@entity@ OR old_mbid IS NULL OR new_mbid IS NULL
       OR file_suffix IS NULL THEN
        -- Every column counts: edits_pending is what tells that an edit was accepted.
        PERFORM artwork_indexer.want_index('@entity@', mbid)
           FROM unnest(ARRAY[old_mbid, new_mbid]) AS mbid
          WHERE mbid IS NOT NULL;
    ELSE
        keeps_images := EXISTS (
            SELECT FROM @schema@.@art@
             WHERE @art@.@entity@ = OLD.@entity@ AND @art@.id <> OLD.id);
        PERFORM artwork_indexer.want_image_move(
            '@entity@', OLD.id, file_suffix, old_mbid, new_mbid, keeps_images);
    END IF;
    RETURN NEW;
EXCEPTION WHEN OTHERS THEN
    IF OLD.@entity@ = NEW.@entity@ OR old_mbid IS NULL OR file_suffix IS NULL THEN
        PERFORM artwork_indexer.defer_after_error(
            TG_NAME, SQLERRM, '@entity@', 'index', new_mbid, NULL);
    ELSE
        PERFORM artwork_indexer.defer_after_error(
            TG_NAME, SQLERRM, '@entity@', 'index', NULL,
            ARRAY[jsonb_build_object('artwork_id', OLD.id, 'old_gid', old_mbid,
                                     'new_gid', new_mbid, 'suffix', file_suffix)]);
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_@art@() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
    file_suffix text;
    removal bigint;
BEGIN
    -- Nothing is found when the @entity@ itself is being deleted: b_del_@entity@ was there before.
    SELECT @entity@.gid, image_type.suffix INTO mbid, file_suffix
      FROM musicbrainz.@entity@, cover_art_archive.image_type
     WHERE @entity@.id = OLD.@entity@ AND image_type.mime_type = OLD.mime_type;
    IF FOUND THEN
        removal := artwork_indexer.want_image_removal('@entity@', OLD.id, file_suffix, mbid);
        PERFORM artwork_indexer.want_index('@entity@', mbid, ARRAY[removal]);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(
        TG_NAME, SQLERRM, '@entity@', 'index', NULL,
        ARRAY[jsonb_build_object('artwork_id', OLD.id, 'gid', mbid, 'suffix', file_suffix)]);
    RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.a_ins_@art@_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT @entity@.gid INTO mbid
      FROM @schema@.@art@
      JOIN musicbrainz.@entity@ ON @entity@.id = @art@.@entity@
     WHERE @art@.id = NEW.id;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('@entity@', mbid);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, '@entity@', 'index', mbid, NULL);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_@art@_type() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    SELECT @entity@.gid INTO mbid
      FROM @schema@.@art@
      JOIN musicbrainz.@entity@ ON @entity@.id = @art@.@entity@
     WHERE @art@.id = OLD.id;
    IF FOUND THEN
        PERFORM artwork_indexer.want_index('@entity@', mbid);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, '@entity@', 'index', mbid, NULL);
    RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.b_del_@entity@() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    removals jsonb[];
BEGIN
    -- The cascade reaches the images when the @entity@ is gone and cannot tell its MBID.
    SELECT array_agg(jsonb_build_object('artwork_id', @art@.id, 'gid', OLD.gid,
                                        'suffix', image_type.suffix) ORDER BY @art@.id)
      INTO removals
      FROM @schema@.@art@
      JOIN cover_art_archive.image_type ON image_type.mime_type = @art@.mime_type
     WHERE @art@.@entity@ = OLD.id;
    -- If the last image was removed just before, its index job will find no @entity@ to write,
    -- so the old listing has to go.
    IF removals IS NOT NULL OR artwork_indexer.has_open_index('@entity@', OLD.gid) THEN
        PERFORM artwork_indexer.want_image_removal(
                    '@entity@', (removal ->> 'artwork_id')::bigint, removal ->> 'suffix', OLD.gid)
           FROM unnest(removals) AS removal;
        PERFORM artwork_indexer.want_deindex('@entity@', OLD.gid);
    END IF;
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(
        TG_NAME, SQLERRM, '@entity@', 'deindex', OLD.gid, removals);
    RETURN OLD;
END
$$;
