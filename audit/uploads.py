"""When an image was uploaded, which its id tells."""

from __future__ import annotations

from typing import Final

EPOCH: Final = 1327528905
"""2012-01-25 22:01:45 UTC (MusicBrainz, Data/Role/ArtArchive.pm)."""
CLOCK_ERROR: Final = 3600.0


def upload_time(image_id: int) -> float:
    """Epoch seconds; ids count hundredths of a second."""
    return image_id / 100 + EPOCH


def is_younger(image_id: int, seconds: float, now: float) -> bool:
    """Whether an image was uploaded less than this ago.

    A client may choose an id, so a time in the future says nothing, and the image is not young.
    """
    age = now - upload_time(image_id)
    return -min(CLOCK_ERROR, seconds) < age < seconds


def seconds_until(image_id: int, age: float, now: float) -> float:
    """How long until an image has this age, in seconds."""
    return upload_time(image_id) + age - now
