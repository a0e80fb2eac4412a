-- What is known of an entity as such, whichever of the types it has.
SELECT entity.id, entity.entity_type::text AS entity_type, entity.gid::text AS gid,
       entity.status::text AS status, entity.priority, entity.last_audit_at,
       entity.last_verdict::text AS last_verdict, entity.next_audit_at, entity.return_reason,
       entity.deferral_reason, entity.deferrals, entity.deferred_since, entity.repair_rounds,
       entity.attempts, entity.crashes, entity.claimed_by, entity.claimed_at,
       entity.lease_expires, entity.seeded_from
  FROM artwork_indexer.audit_entity AS entity
 WHERE entity.gid = %(gid)s::uuid
   AND entity.entity_type = ANY (%(types)s::artwork_indexer.indexable_entity_type[])
 ORDER BY entity.entity_type
