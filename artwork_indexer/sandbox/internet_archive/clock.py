"""The time of the stand-in: wall-clock time plus an offset that tests move forward."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Seconds since 1970. ``source`` can be replaced for a time that stands still."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset = 0.0

    def now(self) -> float:
        """Return the present time of the stand-in."""
        return self._source() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the time forward."""
        self._offset += seconds
