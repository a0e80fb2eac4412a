-- One runner at a time, and no long wait in front of MusicBrainz's own transactions.
SET LOCAL search_path = pg_catalog, pg_temp;
-- Functions call one another across files.
SET LOCAL check_function_bodies = off;
SET LOCAL lock_timeout = '60s';
SELECT pg_advisory_xact_lock(hashtext('artwork_indexer'), hashtext('migrate'));
SELECT set_config('lock_timeout', %(lock_timeout)s, true);
