"""Telling trouble with the database from trouble with an event, and living through it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

import psycopg

from artwork_indexer.errors import Unreachable

log = logging.getLogger(__name__)

FIRST_DELAY_SECONDS: Final = 0.25
LONGEST_DELAY_SECONDS: Final = 5.0

OUTAGE_CLASSES: Final = ("08", "53", "58", "57P", "25006")
"""Beginnings of SQLSTATEs that speak of the server, not of the statement.

Connection trouble, resources used up, system error, shutdown or start-up, and a primary
that became read-only. https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


def is_outage(error: BaseException) -> bool:
    """Whether the database could not be used, whatever the statement was."""
    if isinstance(error, Unreachable | psycopg.InterfaceError):
        return True
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(OUTAGE_CLASSES)


def is_passing(error: BaseException) -> bool:
    """Whether the same statement may well succeed in a moment: outage, deadlock, lock."""
    return is_outage(error) or isinstance(error, psycopg.OperationalError)


def summary(error: BaseException) -> str:
    """One line for the log, without the statement or its parameters."""
    name = type(error).__name__
    if isinstance(error, psycopg.Error) and not is_outage(error):
        return f"{name} ({error.sqlstate})"
    text = " ".join(str(error).split("\n", 1)[0].split())
    return f"{name}: {text}" if text else name


class Backoff:
    """Growing pauses: a quarter of a second, doubling up to five."""

    def __init__(self) -> None:
        self._delay = 0.0

    def next(self) -> float:
        """The next pause in seconds."""
        self._delay = min(max(self._delay * 2, FIRST_DELAY_SECONDS), LONGEST_DELAY_SECONDS)
        return self._delay

    def reset(self) -> None:
        """Begin with the shortest pause again."""
        self._delay = 0.0


class OutageLog:
    """One line when the database stops answering, and one when it answers again."""

    def __init__(self, changed: Callable[[bool], None]) -> None:
        self._changed = changed
        self._since: float | None = None

    def failed(self, error: BaseException) -> None:
        """Note that a call failed."""
        if self._since is not None:
            return
        self._since = time.monotonic()
        log.warning(
            "database trouble, trying again until it ends: %s",
            summary(error),
            extra={"action": "database_trouble"},
        )
        self._changed(False)

    def answered(self) -> None:
        """Note that a call succeeded."""
        if self._since is None:
            return
        seconds = time.monotonic() - self._since
        self._since = None
        log.warning(
            "the database answers again after %.1f s",
            seconds,
            extra={"action": "database_answers"},
        )
        self._changed(True)
