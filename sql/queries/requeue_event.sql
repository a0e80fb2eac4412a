-- Put a claimed event back into the queue: a retry, a snooze or a claim given back.
SELECT artwork_indexer.requeue_event(
    %(event)s::bigint, %(owner)s::text, %(claim)s::integer,
    %(delay)s::interval, %(attempts_used)s::integer, %(is_snooze)s::boolean, %(remark)s::text,
    %(reason)s::text, %(error_class)s::text, %(http_status)s::integer)
