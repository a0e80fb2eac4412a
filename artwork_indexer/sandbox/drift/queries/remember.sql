-- What earlier audits, and a person, left behind about one entity.
WITH remembered AS (
    UPDATE artwork_indexer.audit_entity AS entity
       SET evidence = %(evidence)s, deferral_reason = %(reason)s, deferrals = %(deferrals)s,
           deferred_since = now() - make_interval(days => %(days)s)
     WHERE entity.entity_type = %(entity_type)s::artwork_indexer.indexable_entity_type
       AND entity.gid = %(gid)s::uuid
    RETURNING entity.id
)
INSERT INTO artwork_indexer.audit_acknowledgement (audit_entity_id, kind, subject, digest)
SELECT remembered.id, known.kind, known.subject, known.digest
  FROM remembered, jsonb_to_recordset(%(acknowledged)s) AS known (kind text, subject text, digest text)
