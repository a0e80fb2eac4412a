-- Note that items changed, or only say what that would do.
SELECT noted.inserted, noted.hinted, noted.held
  FROM artwork_indexer.note_changed_items(
       %(entity_type)s::artwork_indexer.indexable_entity_type, %(gids)s::uuid[],
       %(settle)s::interval, %(is_dry)s) AS noted
