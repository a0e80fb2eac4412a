-- How many entities are due on each of the coming days.
SELECT plan.day, sum(plan.entities)::bigint AS entities
  FROM artwork_indexer.audit_plan(%(days)s) AS plan
 GROUP BY plan.day
