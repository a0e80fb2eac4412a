-- How much the daemon could do right now.
SELECT (SELECT count(*) FROM artwork_indexer.audit_entity
         WHERE status IN ('unchecked', 'audit_in_progress') OR next_audit_at <= now()
            OR (%(mode)s = 'repair' AND deferral_reason = 'report-mode' AND status = 'deferred'))
     + (SELECT count(*) FROM artwork_indexer.audit_unnoted_event)
     + (SELECT count(*) FROM artwork_indexer.event_queue
         WHERE state = 'running' OR (state = 'queued' AND run_after <= now())) AS unfinished,
       (SELECT string_agg(reason, '; ') FROM artwork_indexer.audit_hold) AS held
