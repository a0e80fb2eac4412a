-- How far one source was read.
SELECT seeding.position, seeding.revision, seeding.finished_at,
       seeding.inserted, seeding.already, seeding.skipped, seeding.refused
  FROM artwork_indexer.audit_seeding AS seeding
 WHERE seeding.source = %(source)s
