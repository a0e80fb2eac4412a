CREATE OR REPLACE FUNCTION artwork_indexer.ensure_trigger(
    watched text, timing text, function_name text
) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    definition text := format(
        'TRIGGER %I %s ON %s FOR EACH ROW EXECUTE FUNCTION artwork_indexer.%I()',
        'artwork_indexer_' || function_name, timing, watched::regclass, function_name);
BEGIN
    -- Only a trigger that is missing or different costs a lock on MusicBrainz's table.
    IF EXISTS (SELECT FROM pg_trigger
                WHERE tgrelid = watched::regclass
                  AND tgname = 'artwork_indexer_' || function_name
                  AND pg_get_triggerdef(oid) = 'CREATE ' || definition) THEN
        RETURN false;
    END IF;
    EXECUTE 'CREATE OR REPLACE ' || definition;
    RETURN true;
END
$$;

COMMENT ON FUNCTION artwork_indexer.ensure_trigger IS
    'Creates one of our row triggers on a MusicBrainz table, unless it is there already.';
