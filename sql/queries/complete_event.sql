-- Record success, if the claim still holds.
UPDATE artwork_indexer.event_queue
   SET state = 'completed', remark = %(remark)s, snoozed_since = NULL
 WHERE id = %(event)s AND state = 'running' AND claimed_by = %(owner)s AND claims = %(claim)s
