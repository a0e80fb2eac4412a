-- The verdicts of the last 24 hours, whole hours of the clock, and the repairs they enqueued.
SELECT total.verdict::text AS verdict, sum(total.audits) AS audits, sum(total.repairs) AS repairs
  FROM artwork_indexer.audit_total AS total
 WHERE total.hour > now() - interval '24 hours'
 GROUP BY total.verdict
