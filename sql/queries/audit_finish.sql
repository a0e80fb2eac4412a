-- Write verdicts with all that belongs to them.
SELECT * FROM artwork_indexer.finish_audits(
    %(owner)s::text, %(audits)s::jsonb, %(limits)s::jsonb)
 ORDER BY id
