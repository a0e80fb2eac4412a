"""The audit: finds drift that no event ever announced."""
