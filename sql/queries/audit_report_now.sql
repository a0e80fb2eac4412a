-- The rest of the figures: the present, when the last day's audits began, open reviews, waiting events.
SELECT now() AS now,
       (SELECT min(spending.minute) FROM artwork_indexer.audit_budget AS spending
         WHERE spending.budget = 'entities' AND spending.minute >= now() - interval '24 hours')
       AS first_begun,
       (SELECT count(*) FROM artwork_indexer.needs_manual_review AS review
         WHERE review.status = 'open') AS open_reviews,
       (SELECT count(*) FROM artwork_indexer.event_queue AS event
         WHERE event.state = 'queued' AND event.waits_for IS NULL)
       AS ready_events
