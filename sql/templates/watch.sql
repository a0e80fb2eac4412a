CREATE OR REPLACE FUNCTION artwork_indexer.@function@() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '250ms'
AS $$
DECLARE
    mbid uuid;
BEGIN
    -- @reason@
    IF @condition@ THEN
        SELECT gid INTO mbid FROM musicbrainz.@entity@
         WHERE id = @row@.@key@
           AND EXISTS (SELECT FROM @schema@.@art@ WHERE @art@.@entity@ = @entity@.id);
        IF FOUND THEN
            PERFORM artwork_indexer.want_index('@entity@', mbid);
        END IF;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    PERFORM artwork_indexer.defer_after_error(TG_NAME, SQLERRM, '@entity@', 'index', mbid, NULL);
    RETURN NULL;
END
$$;
