-- Take entities for one worker, charged to the budgets.
SELECT * FROM artwork_indexer.claim_audits(
    %(owner)s::text, %(slots)s::integer, %(lease)s::interval, %(repairs)s::boolean,
    %(entities_per_hour)s::integer, %(entities_per_day)s::integer)
