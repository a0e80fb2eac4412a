-- When the entities under audit are due.

CREATE OR REPLACE FUNCTION artwork_indexer.audit_plan(
    days integer, OUT day integer, OUT entities bigint
) RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET enable_seqscan TO off
SET enable_bitmapscan TO off
AS $$
DECLARE
    bounds constant timestamptz[] := ARRAY(
        SELECT statement_timestamp() + number * interval '24 hours'
          FROM generate_series(0, days) AS number);
BEGIN
    -- Each entity that comes up by itself is in one row: -1 was never audited, 0 is due, then
    -- the days from now on, and in the last row all that is later. An event may have given a time
    -- to what waits unchecked: it waits all the same. Reads two indexes, no table.
    RETURN QUERY
        SELECT CASE WHEN entity.last_audit_at IS NULL THEN -1 ELSE 0 END, count(*)
          FROM artwork_indexer.audit_entity AS entity
         WHERE entity.status = 'unchecked'
         GROUP BY 1;
    RETURN QUERY
        SELECT width_bucket(entity.next_audit_at, bounds), count(*)
          FROM artwork_indexer.audit_entity AS entity
         WHERE entity.status <> 'audit_in_progress' AND entity.status <> 'unchecked'
           AND entity.next_audit_at IS NOT NULL
           AND entity.next_audit_at < bounds[days + 1]
         GROUP BY 1;
    RETURN QUERY
        SELECT days + 1, count(*)
          FROM artwork_indexer.audit_entity AS entity
         WHERE entity.status <> 'audit_in_progress' AND entity.status <> 'unchecked'
           AND entity.next_audit_at IS NOT NULL
           AND entity.next_audit_at >= bounds[days + 1];
END
$$;
