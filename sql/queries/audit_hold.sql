-- Lock the claims that still hold until the end of the transaction.
SELECT held.id FROM artwork_indexer.hold_audits(
    %(owner)s::text, %(entities)s::bigint[], %(claims)s::integer[]) AS held (id)
