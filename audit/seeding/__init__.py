"""Where the entities under audit come from."""
