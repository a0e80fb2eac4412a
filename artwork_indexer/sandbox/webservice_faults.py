"""Bad answers on demand, for the stand-in of the MusicBrainz web service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer given in place of the right one."""

    name: str
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """Promise more bytes than are sent, then close the connection."""
    hang: bool = False
    """Never answer."""


HTML: Final = {"content-type": "text/html; charset=utf-8"}
XML: Final = {"content-type": "application/xml; charset=utf-8"}

SERVER_ERROR: Final = Fault(
    "server error",
    500,
    b"<!DOCTYPE html>\n<html><title>Internal Server Error</title></html>\n",
    HTML,
)
REQUEST_TIMEOUT: Final = Fault(
    "request timeout",
    503,
    b"<!DOCTYPE html>\n<html><title>Search took too long</title></html>\n",
    HTML,
)
RATE_LIMITED: Final = Fault(
    "rate limited",
    503,
    b'<?xml version="1.0" encoding="UTF-8"?>\n<error><text>Your requests are exceeding the'
    b" allowable rate limit.</text></error>\n",
    {
        **XML,
        "retry-after": "2",
        "x-ratelimit-limit": "1200",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1767225600",
    },
)
HTML_SUCCESS: Final = Fault(
    "an HTML page with status 200",
    200,
    b"<!DOCTYPE html>\n<html><title>Maintenance</title></html>\n",
    HTML,
)
MALFORMED: Final = Fault("broken XML", 200, b'<?xml version="1.0"?>\n<metadata><release', XML)
TRUNCATED: Final = Fault(
    "a body cut short", 200, b'<?xml version="1.0" encoding="UTF-8"?>\n<metadata', XML, cut=True
)
UNKNOWN: Final = Fault(
    "not found although it is in the database",
    404,
    b'<?xml version="1.0" encoding="UTF-8"?>\n<error><text>Not Found</text></error>\n',
    XML,
)
HANG: Final = Fault("no answer", 200, hang=True)


def moved_to(location: str) -> Fault:
    """A redirect to ``location`` without a body."""
    return Fault("moved", 301, headers={"location": location})


class Faults:
    """Faults waiting for requests; the first one whose fragment fits is used up."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Fault]] = []

    def add(self, path_fragment: str, fault: Fault, times: int = 1) -> None:
        """Spoil the next ``times`` requests whose path and query contain ``path_fragment``."""
        self._waiting.extend([(path_fragment, fault)] * times)

    def take(self, path_qs: str) -> Fault | None:
        """The fault for a request, if one waits for it."""
        for number, (fragment, fault) in enumerate(self._waiting):
            if fragment in path_qs:
                del self._waiting[number]
                return fault
        return None

    def clear(self) -> None:
        """Forget the faults still waiting."""
        self._waiting.clear()
