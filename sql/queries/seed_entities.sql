-- Put one batch of entities under audit, or only say what that would do.
SELECT done.inserted, done.already, done.raised,
       done.held, done.held_priorities, done.held_sources
  FROM artwork_indexer.seed_entities(
       %(entity_type)s::artwork_indexer.indexable_entity_type, %(gids)s::uuid[],
       %(priorities)s::smallint[], %(sources)s::text[], %(news)s::text, %(is_dry)s) AS done
