"""Local stand-ins for PostgreSQL, MusicBrainz and the Internet Archive."""
