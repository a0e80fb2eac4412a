-- Events that never reached the daemon.
DELETE FROM artwork_indexer.event_queue WHERE id > %(last)s
