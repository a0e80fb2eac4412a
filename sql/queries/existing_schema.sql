-- The parts of an unversioned artwork_indexer schema that its upgrade builds on, as text.
SELECT format('type %s', typname) AS part,
       (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder)
          FROM pg_enum WHERE enumtypid = pg_type.oid) AS shape
  FROM pg_type
 WHERE typnamespace = to_regnamespace('artwork_indexer') AND typtype = 'e'
 UNION ALL
SELECT format('column %s.%s', pg_class.relname, attname),
       format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
  FROM pg_attribute
  JOIN pg_class ON pg_class.oid = attrelid
 WHERE relnamespace = to_regnamespace('artwork_indexer')
   AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
 UNION ALL
SELECT format('index %s', relname),
       regexp_replace(pg_get_indexdef(pg_class.oid), '^.* USING ', '')
  FROM pg_class
 WHERE relnamespace = to_regnamespace('artwork_indexer')
   AND relname = 'event_queue_idx_queued_uniq'
 UNION ALL
SELECT format('%s of %s', CASE contype WHEN 'p' THEN 'primary key' ELSE 'foreign key' END,
              conrelid::regclass),
       pg_get_constraintdef(oid)
  FROM pg_constraint
 WHERE connamespace = to_regnamespace('artwork_indexer') AND contype IN ('p', 'f')
