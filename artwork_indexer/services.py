"""Names of the outside services that can be paused, and which action needs which."""

from __future__ import annotations

from typing import Final

ARCHIVE: Final = "archive"
"""Internet Archive, reads and writes alike: it is one overloaded machine park."""

MUSICBRAINZ: Final = "musicbrainz"
"""The MusicBrainz web service."""

CAA_KEYS: Final = "caa-keys"
"""The key pair for cover art; paused when the Internet Archive refuses it."""

EAA_KEYS: Final = "eaa-keys"
"""The key pair for event art; paused when the Internet Archive refuses it."""
