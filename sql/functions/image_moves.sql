-- Moves and removals of one image. Whatever chain of edits there was, the queued copies of an
-- image form a simple path: a move that leads back to a place from which the image has not
-- started yet takes the queued moves away instead of adding one.
--
-- "Queued" is written as NOT IN where one image is looked up: so the index of images serves the
-- lookup, and never the one of queued jobs, which would read all moves there are.

CREATE OR REPLACE FUNCTION artwork_indexer.pending_copies(
    entity artwork_indexer.indexable_entity_type, image bigint, place uuid, outgoing boolean
) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    -- Unfinished copies that bring the image to a place or, with outgoing, also those that
    -- take it from there; NULL when there is none. A failed copy is a person's business.
    SELECT array_agg(event.id ORDER BY event.id)
      FROM artwork_indexer.event_queue AS event
     WHERE event.entity_type = entity
       AND event.message ->> 'artwork_id' = image::text
       AND event.action = 'copy_image' AND event.state IN ('queued', 'running')
       AND (event.message ->> 'new_gid' = place::text
            OR outgoing AND event.message ->> 'old_gid' = place::text)
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.void_event(event bigint, reason text) RETURNS void
LANGUAGE sql AS $$
    -- Completed without a write, so that nothing waits for it any more.
    UPDATE artwork_indexer.event_queue AS this
       SET state = 'completed', snoozed_since = NULL, remark = reason
     WHERE this.id = void_event.event
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.void_removals(
    entity artwork_indexer.indexable_entity_type, image bigint, place uuid
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    void bigint;
BEGIN
    -- The image comes to this place: what was queued to remove it there must not run. One that
    -- runs already is left alone; the queue never runs it together with the copy.
    FOR void IN
        SELECT event.id FROM artwork_indexer.event_queue AS event
         WHERE event.entity_type = entity
           AND event.message ->> 'artwork_id' = image::text
           AND event.action = 'delete_image'
           AND event.state NOT IN ('running', 'failed', 'completed')
           AND event.message ->> 'gid' = place::text
           FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM artwork_indexer.void_event(void, 'The image came back before it was deleted.');
    END LOOP;
    DELETE FROM artwork_indexer.event_queue AS event
     WHERE event.id IN (
           SELECT deindex.id FROM artwork_indexer.event_queue AS deindex
            WHERE deindex.state = 'queued' AND deindex.entity_type = entity
              AND deindex.action = 'deindex'
              AND deindex.message = jsonb_build_object('gid', place)
              FOR UPDATE SKIP LOCKED);
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.void_way_back(
    entity artwork_indexer.indexable_entity_type, image bigint, here uuid, back uuid
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    way bigint[] := '{}';
    place text := here::text;
    step record;
BEGIN
    -- Follows the queued copies from here back to their sources. When they lead to the place
    -- the image is to return to, none has started, the image is still there, and they are void.
    WHILE place IS DISTINCT FROM back::text LOOP
        SELECT event.id, event.message ->> 'old_gid' AS source INTO step
          FROM artwork_indexer.event_queue AS event
         WHERE event.entity_type = entity
           AND event.message ->> 'artwork_id' = image::text
           AND event.action = 'copy_image'
           AND event.state NOT IN ('running', 'failed', 'completed')
           AND event.message ->> 'new_gid' = place
           AND event.id <> ALL (way)
         ORDER BY event.id DESC
         LIMIT 1
           FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        way := way || step.id;
        place := step.source;
    END LOOP;
    PERFORM artwork_indexer.void_event(id, 'The image was moved back before it was copied.')
       FROM unnest(way) AS id;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.want_image_move(
    entity artwork_indexer.indexable_entity_type, image bigint, suffix text,
    old_mbid uuid, new_mbid uuid, old_keeps_images boolean
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    parents bigint[];
    removal bigint;
BEGIN
    PERFORM artwork_indexer.void_removals(entity, image, new_mbid);
    IF artwork_indexer.void_way_back(entity, image, old_mbid, new_mbid) THEN
        parents := artwork_indexer.pending_copies(entity, image, new_mbid, false);
    ELSE
        parents := ARRAY[artwork_indexer.want_event(
            entity, 'copy_image',
            jsonb_build_object('artwork_id', image, 'old_gid', old_mbid,
                               'new_gid', new_mbid, 'suffix', suffix),
            artwork_indexer.pending_copies(entity, image, old_mbid, false))];
    END IF;
    removal := artwork_indexer.want_event(
        entity, 'delete_image',
        jsonb_build_object('artwork_id', image, 'gid', old_mbid, 'suffix', suffix), parents);
    IF old_keeps_images THEN
        PERFORM artwork_indexer.want_index(entity, old_mbid, ARRAY[removal]);
        PERFORM artwork_indexer.want_index(entity, new_mbid, ARRAY[removal]);
    ELSE
        PERFORM artwork_indexer.want_index(entity, new_mbid, ARRAY[removal]);
        PERFORM artwork_indexer.want_deindex(entity, old_mbid, ARRAY[removal]);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.want_image_removal(
    entity artwork_indexer.indexable_entity_type, image bigint, suffix text, mbid uuid
) RETURNS bigint
LANGUAGE sql AS $$
    SELECT artwork_indexer.want_event(
        entity, 'delete_image',
        jsonb_build_object('artwork_id', image, 'gid', mbid, 'suffix', suffix),
        artwork_indexer.pending_copies(entity, image, mbid, true))
$$;
