-- Entities that a source names come under audit. Nobody waits for a seeder but who enters the
-- same entity: it inserts, and leaves out every row that somebody holds, to see to it later.

CREATE OR REPLACE FUNCTION artwork_indexer.is_news(
    news text, status artwork_indexer.audit_entity_status, next_audit_at timestamptz
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- Whether what a source knows ("art", "merge" or nothing) was unknown to the last audit. One
    -- of an entity with art always comes back by itself; one of a merged one is never clean.
    SELECT CASE news
        WHEN 'art' THEN status IN ('clean', 'legacy') AND next_audit_at IS NULL
        WHEN 'merge' THEN status = 'clean'
        ELSE false END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.raise_audits(
    ids bigint[], priorities smallint[], sources text[], news text
) RETURNS bigint[]
LANGUAGE plpgsql
SET enable_seqscan TO off
SET enable_bitmapscan TO off
AS $$
DECLARE
    free bigint[];
    new_priorities smallint[];
    new_sources text[];
BEGIN
    -- A source with a better reason moves an entity forward. What was found in order is due if
    -- the source has news of it, or if it would never be audited again by itself. Answers whom
    -- it moved; the others are under audit at this moment, or somebody holds their rows.
    SELECT array_agg(known.id), array_agg(known.new_priority), array_agg(known.new_source)
      INTO free, new_priorities, new_sources
      FROM (SELECT entity.id, better.priority AS new_priority, better.source AS new_source
              FROM unnest(ids, priorities, sources) AS better (id, priority, source)
              JOIN artwork_indexer.audit_entity AS entity ON entity.id = better.id
             WHERE entity.status <> 'audit_in_progress'
               AND (entity.priority - entity.priority_bonus < better.priority
                    OR artwork_indexer.is_news(news, entity.status, entity.next_audit_at))
             ORDER BY entity.id
               FOR UPDATE OF entity SKIP LOCKED) AS known;
    UPDATE artwork_indexer.audit_entity AS entity
       SET priority = greatest(entity.priority,
               least(32767, better.priority::integer + entity.priority_bonus)),
           seeded_from = CASE
               WHEN entity.priority - entity.priority_bonus < better.priority THEN better.source
               ELSE entity.seeded_from END,
           next_audit_at = CASE
               WHEN artwork_indexer.is_news(news, entity.status, entity.next_audit_at)
                 OR entity.status IN ('clean', 'legacy') AND entity.next_audit_at IS NULL
               THEN least(entity.next_audit_at, statement_timestamp())
               ELSE entity.next_audit_at END
      FROM unnest(free, new_priorities, new_sources) AS better (id, priority, source)
     WHERE entity.id = better.id;
    RETURN coalesce(free, '{}');
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.seed_entities(
    entity_type artwork_indexer.indexable_entity_type, gids uuid[],
    priorities smallint[], sources text[], news text DEFAULT NULL,
    is_dry boolean DEFAULT false,
    OUT inserted integer, OUT already integer, OUT raised integer,
    OUT held text[], OUT held_priorities smallint[], OUT held_sources text[]
)
LANGUAGE plpgsql
SET enable_seqscan TO off
SET enable_bitmapscan TO off
AS $$
DECLARE
    new_gids uuid[];
    new_priorities smallint[];
    new_sources text[];
    better_ids bigint[];
    better_priorities smallint[];
    better_sources text[];
    free bigint[];
BEGIN
    -- priorities and sources have one element for each gid, or one for all of them; news is that
    -- of is_news(). A dry run writes nothing and answers what would be. Whoever is held has to
    -- be named once more.
    FOR attempt IN 1 .. 10 LOOP
        -- Each is looked up by itself, which LIMIT ensures: until the table is analyzed for the
        -- first time, a join would read all of it.
        SELECT array_agg(each.gid) FILTER (WHERE known.id IS NULL),
               array_agg(each.priority) FILTER (WHERE known.id IS NULL),
               array_agg(each.source) FILTER (WHERE known.id IS NULL),
               array_agg(known.id) FILTER (WHERE known.base < each.priority OR known.is_news),
               array_agg(each.priority) FILTER (WHERE known.base < each.priority OR known.is_news),
               array_agg(each.source) FILTER (WHERE known.base < each.priority OR known.is_news)
          INTO new_gids, new_priorities, new_sources,
               better_ids, better_priorities, better_sources
          FROM (SELECT DISTINCT ON (one.gid) one.gid,
                       coalesce(one.priority, priorities[1]) AS priority,
                       coalesce(one.source, sources[1]) AS source
                  FROM unnest(gids, priorities, sources) AS one (gid, priority, source)
                 WHERE one.gid IS NOT NULL
                 ORDER BY one.gid, coalesce(one.priority, priorities[1]) DESC) AS each
          LEFT JOIN LATERAL (
                SELECT entity.id, entity.priority - entity.priority_bonus AS base,
                       artwork_indexer.is_news(news, entity.status, entity.next_audit_at) AS is_news
                  FROM artwork_indexer.audit_entity AS entity
                 WHERE entity.entity_type = seed_entities.entity_type AND entity.gid = each.gid
                 LIMIT 1) AS known ON true;
        EXIT WHEN is_dry OR new_gids IS NULL;
        BEGIN
            -- In the order of MBIDs, so that two seeders never wait for each other crosswise.
            INSERT INTO artwork_indexer.audit_entity (entity_type, gid, priority, seeded_from)
            SELECT seed_entities.entity_type, new.gid, new.priority, new.source
              FROM unnest(new_gids, new_priorities, new_sources) AS new (gid, priority, source);
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            -- Somebody was faster: look again. ON CONFLICT would cost each row a third more.
            IF attempt = 10 THEN
                RAISE;
            END IF;
        END;
    END LOOP;
    inserted := coalesce(cardinality(new_gids), 0);
    already := coalesce(cardinality(gids), 0) - inserted;
    raised := 0;
    IF is_dry OR better_ids IS NULL THEN
        RETURN;
    END IF;
    free := artwork_indexer.raise_audits(better_ids, better_priorities, better_sources, news);
    raised := cardinality(free);
    IF raised < cardinality(better_ids) THEN
        SELECT array_agg(entity.gid::text), array_agg(better.priority), array_agg(better.source)
          INTO held, held_priorities, held_sources
          FROM unnest(better_ids, better_priorities, better_sources)
            AS better (id, priority, source)
          JOIN artwork_indexer.audit_entity AS entity ON entity.id = better.id
         WHERE NOT EXISTS (SELECT FROM unnest(free) AS moved (id) WHERE moved.id = better.id);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION artwork_indexer.analyze_audit_entities() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
BEGIN
    -- Sessions that planned while there were few entities, such as a daemon that runs since
    -- before the first seeding, read all of them at each event until they plan anew.
    ANALYZE artwork_indexer.audit_entity;
EXCEPTION WHEN lock_not_available THEN
    -- Autovacuum is at it.
    NULL;
END
$$;
