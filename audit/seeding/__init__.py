"""Where the entities under audit come from: one module for each source, and what they share."""
