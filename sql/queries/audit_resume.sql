-- End a pause and release the brake; answers what was held.
SELECT held.name, held.reason FROM artwork_indexer.resume_audits(%(probation)s::integer) AS held
