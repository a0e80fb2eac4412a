-- How long a service is still left alone, and why; no row: not at all.
SELECT extract(epoch FROM pause.paused_until - clock_timestamp())::float8 AS seconds, pause.reason
  FROM artwork_indexer.service_pause AS pause
 WHERE pause.service = %(service)s AND pause.paused_until > clock_timestamp()
