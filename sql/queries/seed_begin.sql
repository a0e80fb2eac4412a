-- Settings of one transaction of a seeder: a crash of the server may take it back, position and all.
SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '5s', true)
