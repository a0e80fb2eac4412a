-- Take entities from workers that are gone.
SELECT artwork_indexer.rescue_audits(%(most_crashes)s::integer)
