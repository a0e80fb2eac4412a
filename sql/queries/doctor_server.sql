-- Which server this is, seen from inside.
SELECT current_setting('server_version_num')::integer AS version,
       current_database() AS database,
       current_user AS role,
       pg_is_in_recovery() AS is_standby,
       pg_backend_pid() AS process,
       clock_timestamp() AS now
