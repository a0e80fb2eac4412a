-- Turn one batch of deferred demand into events.
SELECT artwork_indexer.expand_deferred_demand()
