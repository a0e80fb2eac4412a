"""What `artwork-indexer doctor` looks at: configuration, database, queue, outside services."""
