"""When an entity comes back in the regular round, so that no day has more of them than another.

Each MBID has its place in the round, by hash. An entity that is audited at its place comes back
exactly one round later; one that is audited at another time gets back to its place with the
next audit. So a burst (a first pass, a day's import, an outage) is spread once and for all.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from audit.states import Evidence

SHORTEST: Final = 1.0
"""Seconds; nothing comes back at once, whatever is configured."""
SOONER: Final = 3
"""So much shorter is the round of an entity that was not well, or changed, at its last audit."""


def place_in_round(gid: str) -> float:
    """From 0 to below 1, evenly; the same in every process and release of this program."""
    digest = hashlib.blake2b(gid.encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def next_in_round(gid: str, now: datetime, length: timedelta) -> timedelta:
    """How long until the place of an MBID comes: from half a round to one and a half."""
    seconds = length.total_seconds()
    if seconds <= SHORTEST:
        return timedelta(seconds=SHORTEST)
    earliest = now.timestamp() + seconds / 2
    wait = (place_in_round(gid) * seconds - earliest) % seconds
    return timedelta(seconds=seconds / 2 + wait)


def has_changed(before: Evidence, after: Evidence) -> bool:
    """Whether files of ours at the Internet Archive are others than at the last clean audit."""
    return any(
        known is not None and known != seen
        for known, seen in (
            (before.index_md5, after.index_md5),
            (before.xml_md5, after.xml_md5),
        )
    )
