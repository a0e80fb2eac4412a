"""MusicBrainz: reads from its database schema and from its web service."""
