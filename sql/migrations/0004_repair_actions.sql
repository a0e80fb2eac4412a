-- Repairs that no trigger asks for. They stand alone: a new value of an enum cannot be used in
-- the transaction that adds it.

ALTER TYPE artwork_indexer.event_queue_action ADD VALUE IF NOT EXISTS 'update_metadata';
ALTER TYPE artwork_indexer.event_queue_action ADD VALUE IF NOT EXISTS 'derive';
