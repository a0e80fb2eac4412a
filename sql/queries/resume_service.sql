-- End the pause of a service.
DELETE FROM artwork_indexer.service_pause WHERE service = %(service)s
