"""The gate in front of a service: shut while the service has to be left alone.

It shuts when the service asks for fewer requests, when it cannot be reached, and when
several requests in a row failed (the circuit breaker). When the time is over, one request
goes ahead as a probe and the others wait for what becomes of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    Outage,
    Overloaded,
    PermanentError,
    ServicePaused,
    TransientError,
)

FAILURES_IN_A_ROW: Final = 5
LONGEST_PAUSE: Final = 900.0
"""Seconds; the pause doubles up to this while probes keep failing."""
COURTESY_SECONDS: Final = 1.0
"""How long a subject that failed before lets another one be the probe."""


class Gate:
    """Decides whether a request may be sent to ``service``.

    A *subject* is what a request is about (an item, an MBID). One subject alone never trips
    the breaker, however often it fails: that is its own trouble and not the service's.
    """

    def __init__(
        self,
        service: str,
        *,
        pause_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        courtesy_seconds: float = COURTESY_SECONDS,
    ) -> None:
        self.service = service
        self._first_pause = pause_seconds
        self._clock = clock
        self._courtesy_seconds = courtesy_seconds
        self._closure: ServicePaused | None = None
        self._until = 0.0
        self._pause = 0.0
        self._failures = 0
        self._subjects: set[str] = set()
        self._generation = 0
        self._probe: asyncio.Future[None] | None = None

    def check(self) -> None:
        """Raise the reason (:class:`ServicePaused`) if the gate is shut."""
        if self._closure is not None and self._until > self._clock():
            raise self._refusal(self._closure)

    async def enter(self, subject: str) -> int:
        """Pass the gate; the ticket has to be given to :meth:`succeeded` or :meth:`failed`.

        Raises:
            ServicePaused: the gate is shut.
        """
        gave_way = False
        while self._closure is not None:
            self.check()
            if self._probe is not None:
                await asyncio.wait([self._probe])
            elif subject in self._subjects and not gave_way:
                gave_way = True
                await asyncio.sleep(self._courtesy_seconds)
            else:
                self._probe = asyncio.get_running_loop().create_future()
                break
        return self._generation

    def succeeded(self, ticket: int) -> None:
        """The service answered. Requests older than the last closure say nothing about it."""
        if ticket == self._generation:
            self._end_probe()
            self.open()

    def abandoned(self, ticket: int) -> None:
        """The request was given up before an answer."""
        if ticket == self._generation:
            self._end_probe()

    def failed(self, ticket: int, subject: str, error: EventError) -> EventError:
        """Take note of a failure; returns the error to raise instead."""
        if isinstance(error, PermanentError | CredentialsRefused):
            self.succeeded(ticket)
            return error
        if ticket != self._generation:
            return error
        probing = self._probe is not None
        self._end_probe()
        if isinstance(error, Overloaded):
            self._shut(error, error.seconds)
            return error
        return self._count(error, subject, probing=probing)

    def open(self) -> None:
        """Forget all failures, for example because an operator says so."""
        self._closure = None
        self._failures = 0
        if self._subjects:
            self._subjects.clear()

    def _count(self, error: EventError, subject: str, *, probing: bool) -> EventError:
        self._failures += 1
        self._subjects.add(subject)
        tripped = self._failures >= FAILURES_IN_A_ROW and len(self._subjects) > 1
        if isinstance(error, TransientError) and not (probing or tripped):
            return error
        pause = self._first_pause
        if probing:
            pause = min(max(pause, self._pause * 2), LONGEST_PAUSE)
        outage = Outage(str(error), service=self.service, seconds=pause, status=error.status)
        self._shut(outage, pause)
        return outage

    def _shut(self, closure: ServicePaused, seconds: float) -> None:
        self._closure = closure
        self._pause = seconds
        self._until = self._clock() + seconds
        self._generation += 1

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._probe.set_result(None)
            self._probe = None

    def _refusal(self, closure: ServicePaused) -> ServicePaused:
        return type(closure)(
            str(closure),
            service=self.service,
            seconds=self._until - self._clock(),
            status=closure.status,
            was_asked=False,
        )
