-- What a change of an item at the Internet Archive means for the audit of its entity.

CREATE OR REPLACE FUNCTION artwork_indexer.note_changed_items(
    entity_type artwork_indexer.indexable_entity_type, gids uuid[], settle interval,
    is_dry boolean DEFAULT false,
    OUT inserted integer, OUT hinted integer, OUT held text[]
)
LANGUAGE plpgsql
SET enable_seqscan TO off
SET enable_hashjoin TO off
SET enable_mergejoin TO off
AS $$
DECLARE
    due constant timestamptz := statement_timestamp() + settle;
    free bigint[];
BEGIN
    -- Its entity is audited when the change has settled, unless that was to happen sooner. Nobody
    -- waits for anybody: held are those whose row somebody else has, to be noted later. A row
    -- under audit keeps its state; its verdict respects an earlier time that stands in it.
    SELECT count(*) INTO inserted
      FROM (SELECT DISTINCT each.gid FROM unnest(gids) AS each (gid)) AS new
     WHERE (SELECT known.id FROM artwork_indexer.audit_entity AS known
             WHERE known.entity_type = note_changed_items.entity_type AND known.gid = new.gid)
           IS NULL;
    IF is_dry THEN
        SELECT count(*) INTO hinted
          FROM artwork_indexer.audit_entity AS known
         WHERE known.entity_type = note_changed_items.entity_type AND known.gid = ANY (gids)
           AND (known.next_audit_at IS NULL OR known.next_audit_at > due);
        held := '{}';
        RETURN;
    END IF;

    IF inserted > 0 THEN
        -- Deferred: the claim takes whatever is unchecked at once. First of all: whom somebody
        -- else enters meanwhile is found below.
        INSERT INTO artwork_indexer.audit_entity
               (entity_type, gid, status, deferral_reason, next_audit_at, return_reason,
                seeded_from)
        SELECT DISTINCT note_changed_items.entity_type, new.gid,
               'deferred'::artwork_indexer.audit_entity_status, 'change', due, 'change',
               'archive changes'
          FROM unnest(gids) AS new (gid)
         WHERE (SELECT known.id FROM artwork_indexer.audit_entity AS known
                 WHERE known.entity_type = note_changed_items.entity_type AND known.gid = new.gid)
               IS NULL
         ORDER BY new.gid
            ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS inserted = ROW_COUNT;
    END IF;
    free := ARRAY(
        SELECT known.id FROM artwork_indexer.audit_entity AS known
         WHERE known.entity_type = note_changed_items.entity_type AND known.gid = ANY (gids)
           FOR UPDATE SKIP LOCKED);
    held := ARRAY(
        SELECT known.gid::text FROM artwork_indexer.audit_entity AS known
         WHERE known.entity_type = note_changed_items.entity_type AND known.gid = ANY (gids)
        EXCEPT ALL
        SELECT known.gid::text FROM artwork_indexer.audit_entity AS known
         WHERE known.id = ANY (free));
    UPDATE artwork_indexer.audit_entity AS touched
       SET next_audit_at = due, return_reason = coalesce(touched.return_reason, 'change')
     WHERE touched.id = ANY (free)
       AND (touched.next_audit_at IS NULL OR touched.next_audit_at > due);
    GET DIAGNOSTICS hinted = ROW_COUNT;
END
$$;
