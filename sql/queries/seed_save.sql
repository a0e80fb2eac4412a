-- Note how far one source was read; no row comes back when another run of it went on meanwhile.
INSERT INTO artwork_indexer.audit_seeding AS seeding
       (source, position, inserted, already, skipped, refused, finished_at)
SELECT %(source)s, %(position)s::jsonb, %(inserted)s, %(already)s, %(skipped)s, %(refused)s,
       CASE WHEN %(finished)s THEN now() END
 WHERE %(revision)s = 0
    OR EXISTS (SELECT FROM artwork_indexer.audit_seeding AS known WHERE known.source = %(source)s)
    ON CONFLICT (source) DO UPDATE
   SET position = excluded.position, revision = seeding.revision + 1,
       inserted = excluded.inserted, already = excluded.already,
       skipped = excluded.skipped, refused = excluded.refused,
       started_at = CASE WHEN seeding.finished_at IS NULL THEN seeding.started_at ELSE now() END,
       updated_at = now(), finished_at = excluded.finished_at
 WHERE seeding.revision = %(revision)s
RETURNING seeding.position, seeding.revision, seeding.finished_at,
       seeding.inserted, seeding.already, seeding.skipped, seeding.refused
