-- Entities that a source names come under audit. Nobody waits for a seeder but another one: it
-- inserts, and passes by every row that somebody holds. Known entities are looked up one by one
-- and never joined: until the table is analyzed for the first time, a join would read all of it.

CREATE OR REPLACE FUNCTION artwork_indexer.raise_audits(
    entity_type artwork_indexer.indexable_entity_type, gids uuid[],
    priorities smallint[], sources text[]
) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan TO off
SET enable_bitmapscan TO off
AS $$
DECLARE
    ids bigint[];
    new_priorities smallint[];
    new_sources text[];
    raised integer;
BEGIN
    -- A source with a better reason moves an entity forward. What would never be audited again
    -- by itself is due, since the source knows something of it.
    SELECT array_agg(free.id), array_agg(free.priority), array_agg(free.source)
      INTO ids, new_priorities, new_sources
      FROM (SELECT known.id, lower.priority, lower.source
              FROM (SELECT DISTINCT ON (each.gid)
                           coalesce(each.priority, priorities[1]) AS priority,
                           coalesce(each.source, sources[1]) AS source,
                           (SELECT known.id FROM artwork_indexer.audit_entity AS known
                             WHERE known.entity_type = raise_audits.entity_type
                               AND known.gid = each.gid
                               AND known.priority - known.priority_bonus
                                   < coalesce(each.priority, priorities[1])) AS id
                      FROM unnest(gids, priorities, sources) AS each (gid, priority, source)
                     ORDER BY each.gid, coalesce(each.priority, priorities[1]) DESC) AS lower
              JOIN artwork_indexer.audit_entity AS known ON known.id = lower.id
             WHERE known.status <> 'audit_in_progress'
               AND known.priority - known.priority_bonus < lower.priority
             ORDER BY known.id
               FOR UPDATE OF known SKIP LOCKED) AS free;
    IF ids IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE artwork_indexer.audit_entity AS entity
       SET priority = least(32767, better.priority::integer + entity.priority_bonus),
           seeded_from = better.source,
           next_audit_at = CASE
               WHEN entity.next_audit_at IS NULL AND entity.status IN ('clean', 'legacy')
               THEN statement_timestamp() ELSE entity.next_audit_at END
      FROM unnest(ids, new_priorities, new_sources) AS better (id, priority, source)
     WHERE entity.id = better.id;
    GET DIAGNOSTICS raised = ROW_COUNT;
    RETURN raised;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.seed_entities(
    entity_type artwork_indexer.indexable_entity_type, gids uuid[],
    priorities smallint[], sources text[], is_dry boolean DEFAULT false,
    OUT inserted integer, OUT already integer, OUT raised integer
)
LANGUAGE plpgsql
SET enable_seqscan TO off
SET enable_bitmapscan TO off
AS $$
BEGIN
    -- priorities and sources have one element for each gid, or one for all of them. A dry run
    -- writes nothing and answers what would be. Rows are made in one order, so that two seeders
    -- never wait for each other crosswise.
    raised := 0;
    IF is_dry THEN
        SELECT count(DISTINCT each.gid) INTO inserted
          FROM unnest(gids) AS each (gid)
         WHERE (SELECT known.id FROM artwork_indexer.audit_entity AS known
                 WHERE known.entity_type = seed_entities.entity_type
                   AND known.gid = each.gid) IS NULL;
    ELSE
        INSERT INTO artwork_indexer.audit_entity (entity_type, gid, priority, seeded_from)
        SELECT seed_entities.entity_type, new.gid, new.priority, new.source
          FROM (SELECT DISTINCT ON (each.gid) each.gid,
                       coalesce(each.priority, priorities[1]) AS priority,
                       coalesce(each.source, sources[1]) AS source
                  FROM unnest(gids, priorities, sources) AS each (gid, priority, source)
                 ORDER BY each.gid, coalesce(each.priority, priorities[1]) DESC) AS new
         -- A conflict would cost a number of the sequence each time.
         WHERE (SELECT known.id FROM artwork_indexer.audit_entity AS known
                 WHERE known.entity_type = seed_entities.entity_type
                   AND known.gid = new.gid) IS NULL
         ORDER BY new.gid
            ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS inserted = ROW_COUNT;
        IF inserted < cardinality(gids) THEN
            raised := artwork_indexer.raise_audits(entity_type, gids, priorities, sources);
        END IF;
    END IF;
    already := cardinality(gids) - inserted;
END
$$;
