"""Where the daemon says what it does, for metrics, the service manager, alerts and tests.

Every method does nothing here and may be overridden. They are called from the event loop,
so they must not block, and they must not raise.
"""

from __future__ import annotations

from collections.abc import Sequence

from artwork_indexer.errors import EventError, ServicePaused
from artwork_indexer.event_queue import Event


class Observer:
    """Somebody who wants to know what the daemon does."""

    def started(self) -> None:
        """The loop is about to take its first turn."""

    def stopping(self) -> None:
        """Nothing more is claimed; what is in hand is finished."""

    def reloading(self) -> None:
        """A reload of the configuration begins."""

    def reloaded(self, *, accepted: bool) -> None:
        """It ended; the old configuration stays unless it was accepted."""

    def progressed(self) -> None:
        """The loop took a turn: it is alive, whether or not there was work."""

    def connected(self, active: bool) -> None:
        """The database stopped answering, or answers again."""

    def listening(self, active: bool) -> None:
        """Notifications arrive from now on, or no longer do."""

    def claimed(self, events: Sequence[Event]) -> None:
        """These events are ours now and begin."""

    def event_ended(self, event: Event, outcome: str, seconds: float) -> None:
        """An event left this process; ``outcome`` is one of ``worker.Outcome``."""

    def event_failed(self, event: Event, error: EventError) -> None:
        """An event failed for good."""

    def service_paused(self, error: ServicePaused, seconds: float) -> None:
        """A pause of ``error.service`` began."""

    def idled(self) -> None:
        """A poll found nothing to do."""

    def audited(self, entity_type: str, verdict: str, *, repairs: int, seconds: float) -> None:
        """The verdict of an audit was written, with ``repairs`` new events."""

    def audit_braked(self, reason: str) -> None:
        """The brake holds all audits until a person releases it."""


class Observers(Observer):
    """Several observers as one."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def started(self) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.started()

    def stopping(self) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.stopping()

    def reloading(self) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.reloading()

    def reloaded(self, *, accepted: bool) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.reloaded(accepted=accepted)

    def progressed(self) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.progressed()

    def connected(self, active: bool) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.connected(active)

    def listening(self, active: bool) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.listening(active)

    def claimed(self, events: Sequence[Event]) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.claimed(events)

    def event_ended(self, event: Event, outcome: str, seconds: float) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.event_ended(event, outcome, seconds)

    def event_failed(self, event: Event, error: EventError) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.event_failed(event, error)

    def service_paused(self, error: ServicePaused, seconds: float) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.service_paused(error, seconds)

    def idled(self) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.idled()

    def audited(self, entity_type: str, verdict: str, *, repairs: int, seconds: float) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.audited(entity_type, verdict, repairs=repairs, seconds=seconds)

    def audit_braked(self, reason: str) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.audit_braked(reason)
