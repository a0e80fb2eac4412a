"""Keeps cover art and event art at the Internet Archive in step with MusicBrainz."""

__version__ = "1.0.0"
