-- Services that are left alone at this moment.
SELECT pause.service, pause.reason,
       extract(epoch FROM pause.paused_until - clock_timestamp())::float8 AS seconds
  FROM artwork_indexer.service_pause AS pause
 WHERE pause.paused_until > clock_timestamp()
 ORDER BY pause.service
