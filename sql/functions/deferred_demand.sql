-- Work put off by triggers: how it is recorded, and how the daemon folds it into the queue.

CREATE OR REPLACE FUNCTION artwork_indexer.defer_after_error(
    trigger_name text, error text,
    entity artwork_indexer.indexable_entity_type,
    act artwork_indexer.event_queue_action, mbid uuid, jobs jsonb[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- The last resort of every trigger. The edit goes on, whatever happens here; jobs are
    -- messages of image moves if they have a new_gid, of removals if not.
    RAISE WARNING 'artwork_indexer: % could not queue its work, which is deferred: %',
        trigger_name, error;
    INSERT INTO artwork_indexer.deferred_demand (entity_type, action, gid)
    SELECT entity, act, mbid WHERE mbid IS NOT NULL;
    INSERT INTO artwork_indexer.deferred_demand (entity_type, action, message)
    SELECT entity,
           CASE WHEN job ? 'new_gid' THEN 'copy_image' ELSE 'delete_image' END
               ::artwork_indexer.event_queue_action,
           job
      FROM unnest(jobs) AS job;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'artwork_indexer: % lost its work, an audit will find it: %',
        trigger_name, SQLERRM;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.has_art(
    entity artwork_indexer.indexable_entity_type, mbid uuid
) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF entity = 'release' THEN
        RETURN EXISTS (
            SELECT FROM musicbrainz.release
              JOIN cover_art_archive.cover_art ON cover_art.release = release.id
             WHERE release.gid = mbid);
    END IF;
    RETURN EXISTS (
        SELECT FROM musicbrainz.event
          JOIN event_art_archive.event_art ON event_art.event = event.id
         WHERE event.gid = mbid);
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.fold_demand(
    demand artwork_indexer.deferred_demand
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    job constant jsonb := demand.message;
    mbid uuid;
    removal bigint;
BEGIN
    -- Answers false when another transaction still holds what is needed.
    CASE demand.action
    WHEN 'index' THEN
        RETURN artwork_indexer.try_index(demand.entity_type, demand.gid, demand.depends_on);
    WHEN 'deindex' THEN
        RETURN artwork_indexer.try_deindex(demand.entity_type, demand.gid, demand.depends_on);
    WHEN 'copy_image' THEN
        PERFORM artwork_indexer.want_image_move(
            demand.entity_type, (job ->> 'artwork_id')::bigint, job ->> 'suffix',
            (job ->> 'old_gid')::uuid, (job ->> 'new_gid')::uuid,
            artwork_indexer.has_art(demand.entity_type, (job ->> 'old_gid')::uuid));
    WHEN 'delete_image' THEN
        mbid := (job ->> 'gid')::uuid;
        removal := artwork_indexer.want_image_removal(
            demand.entity_type, (job ->> 'artwork_id')::bigint, job ->> 'suffix', mbid);
        PERFORM artwork_indexer.want_index(demand.entity_type, mbid, ARRAY[removal]);
    END CASE;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.fan_out_artist(
    demand artwork_indexer.deferred_demand, most integer
) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    releases integer;
    last_release integer;
BEGIN
    SELECT count(*), max(batch.id) INTO releases, last_release
      FROM (SELECT release.id, artwork_indexer.want_index('release', release.gid)
              FROM (SELECT release.id, release.gid
                      FROM musicbrainz.release
                     WHERE release.id > demand.last_entity
                       AND release.artist_credit IN (
                           SELECT artist_credit FROM musicbrainz.artist_credit_name
                            WHERE artist = demand.artist)
                       AND EXISTS (SELECT FROM cover_art_archive.cover_art
                                    WHERE cover_art.release = release.id)
                     ORDER BY release.id
                     LIMIT most) AS release) AS batch;
    IF releases < most THEN
        DELETE FROM artwork_indexer.deferred_demand AS done WHERE done.id = demand.id;
    ELSE
        UPDATE artwork_indexer.deferred_demand AS going SET last_entity = last_release
         WHERE going.id = demand.id;
    END IF;
    RETURN releases;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.expand_deferred_demand() RETURNS integer
LANGUAGE plpgsql
SET lock_timeout = '250ms'
AS $$
DECLARE
    demand artwork_indexer.deferred_demand;
    handled integer := 0;
BEGIN
    -- At most 500 single jobs and one batch of 1,000 releases a call; answers how many.
    FOR demand IN
        SELECT deferred.* FROM artwork_indexer.deferred_demand AS deferred
         WHERE deferred.artist IS NULL
         ORDER BY deferred.id
         LIMIT 500
           FOR UPDATE SKIP LOCKED
    LOOP
        IF artwork_indexer.fold_demand(demand) THEN
            DELETE FROM artwork_indexer.deferred_demand AS done WHERE done.id = demand.id;
            handled := handled + 1;
        END IF;
    END LOOP;
    SELECT deferred.* INTO demand FROM artwork_indexer.deferred_demand AS deferred
     WHERE deferred.artist IS NOT NULL
     ORDER BY deferred.id
     LIMIT 1
       FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        handled := handled + greatest(1, artwork_indexer.fan_out_artist(demand, 1000));
    END IF;
    RETURN handled;
END
$$;
