-- How far one source was read.
SELECT seeding.source, seeding.position, seeding.revision,
       seeding.inserted, seeding.already, seeding.skipped, seeding.refused,
       seeding.started_at, seeding.updated_at, seeding.finished_at
  FROM artwork_indexer.audit_seeding AS seeding
 WHERE seeding.source = %(source)s
