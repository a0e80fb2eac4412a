-- Record a failure for good, if the claim still holds, and fail the descendants.
SELECT artwork_indexer.fail_event(
    %(event)s::bigint, %(owner)s::text, %(claim)s::integer,
    %(reason)s::text, %(error_class)s::text, %(http_status)s::integer)
