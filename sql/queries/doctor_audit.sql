-- What of the audit needs a person: holds, open reviews, an empty table, a mirror without its age.
SELECT (SELECT string_agg(hold.name || ': ' || hold.reason, '; ' ORDER BY hold.since)
          FROM artwork_indexer.audit_hold AS hold) AS held,
       (SELECT count(*) FROM artwork_indexer.needs_manual_review AS review
         WHERE review.status = 'open') AS reviews,
       EXISTS (SELECT FROM artwork_indexer.audit_entity) AS has_entities,
       (SELECT max(control.last_replication_date)
          FROM musicbrainz.replication_control AS control) AS replicated_until
