"""The command line: one file a noun; the composition root."""
