"""What becomes of an event that did not complete. Pure: no clock, no database."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from artwork_indexer.errors import (
    EventError,
    PermanentError,
    ServicePaused,
    Snooze,
    TransientError,
)

Chance = Callable[[], float]
"""A source of random numbers in [0, 1), such as :func:`random.random`."""

FIRST_RETRY_SECONDS: Final = 60.0
RETRY_FACTOR: Final = 5.0
MOST_JITTER: Final = 0.25
LEAST_WAIT_SECONDS: Final = 1.0
"""No wait is shorter, so that no answer of a service makes the loop spin."""
LONGEST_WAIT_SECONDS: Final = 86_400.0
"""No wait is longer, whatever a service asks for."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again in ``delay`` seconds, one attempt used."""

    delay: float


@dataclass(frozen=True, slots=True)
class Fail:
    """Give up; a person has to look."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again in ``seconds``, no attempt used."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Leave ``service`` alone for ``seconds``, and the event with it, no attempt used."""

    service: str
    seconds: float


Fate = Retry | Fail | Wait | Pause


def retry_delay(attempt: int, chance: Chance) -> float:
    """Seconds to wait after try number ``attempt`` (from 1): 60, 300, 1500 … plus jitter.

    The jitter only ever adds, so the first retry is never earlier than a minute.
    """
    steps = min(max(attempt, 1) - 1, 10)
    delay = FIRST_RETRY_SECONDS * RETRY_FACTOR**steps
    return min(delay * (1 + MOST_JITTER * chance()), LONGEST_WAIT_SECONDS)


def bounded(seconds: float) -> float:
    """A wait somebody asked for, between a second and a day."""
    if math.isnan(seconds):
        return LEAST_WAIT_SECONDS
    return min(max(seconds, LEAST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)


def fate_of(error: EventError, *, attempts: int, max_attempts: int, chance: Chance) -> Fate:
    """Decide what becomes of an event; ``attempts`` counts the try that just ended."""
    match error:
        case PermanentError():
            return Fail()
        case ServicePaused():
            return Pause(error.service, bounded(error.seconds))
        case Snooze():
            return Wait(bounded(error.seconds))
        case EventError():
            if attempts >= max_attempts:
                return Fail()
            return Retry(retry_delay(attempts, chance))


def as_event_error(error: Exception) -> EventError:
    """Give an error nobody foresaw the meaning of a transient one.

    Only the first line is kept: the rest of a driver's message repeats statements and values.
    """
    if isinstance(error, EventError):
        return error
    text = str(error).strip().partition("\n")[0]
    name = type(error).__name__
    wrapped = TransientError(f"{name}: {text}" if text else name)
    wrapped.__cause__ = error
    return wrapped
