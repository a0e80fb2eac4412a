"""Figures for Prometheus, in a registry of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import psycopg
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from artwork_indexer import __version__
from artwork_indexer.database import Database, Row, query
from artwork_indexer.errors import ServicePaused, Unreachable
from artwork_indexer.event_queue import Event
from artwork_indexer.observer import Observer
from artwork_indexer.projects import PROJECTS
from artwork_indexer.services import ARCHIVE, CAA_KEYS, EAA_KEYS, MUSICBRAINZ

SERVICES: Final = (ARCHIVE, MUSICBRAINZ, CAA_KEYS, EAA_KEYS)
HOLDS: Final = ("pause", "brake")
STATES: Final = ("queued", "running", "failed")
CACHE_SECONDS: Final = 15.0
"""The queue is not asked more often than this, however often somebody looks."""
QUERY_SECONDS: Final = 5.0
DURATIONS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150)
DELAYS: Final = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)


class Metrics(Observer):
    """Counts what the daemon and its HTTP client do, and asks the queue for its lengths.

    ``database`` gives the database in use at that moment, None for no queue figures.
    """

    def __init__(
        self,
        database: Callable[[], Database | None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._database = database
        self._clock = clock
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()
        self._make_counters()
        self._make_audit_counters()
        self._make_gauges()

    def _make_counters(self) -> None:
        self._events = Counter(
            "artwork_indexer_events",
            "Events that left this process, by what became of them.",
            ["action", "outcome"],
            registry=self.registry,
        )
        self._event_seconds = Histogram(
            "artwork_indexer_event_duration_seconds",
            "Time from the claim of an event to its recorded result.",
            ["action"],
            buckets=DURATIONS,
            registry=self.registry,
        )
        self._claim_delay = Histogram(
            "artwork_indexer_claim_delay_seconds",
            "Time from an edit to the first claim of its event.",
            buckets=DELAYS,
            registry=self.registry,
        )
        self._requests = Counter(
            "artwork_indexer_http_requests",
            "HTTP requests, by service, method and status (or the kind of error).",
            ["service", "method", "status"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "artwork_indexer_http_request_duration_seconds",
            "Time of HTTP requests.",
            ["service"],
            buckets=DURATIONS,
            registry=self.registry,
        )
        self._pauses = Counter(
            "artwork_indexer_service_pauses",
            "Pauses of a service that this process began.",
            ["service"],
            registry=self.registry,
        )
        self._reloads = Counter(
            "artwork_indexer_reloads",
            "Reloads of the configuration.",
            ["accepted"],
            registry=self.registry,
        )

    def _make_audit_counters(self) -> None:
        self._audits = Counter(
            "artwork_indexer_audits",
            "Audits whose verdict this process wrote.",
            ["entity_type", "verdict"],
            registry=self.registry,
        )
        self._audit_repairs = Counter(
            "artwork_indexer_audit_repairs",
            "Events that audits of this process enqueued.",
            ["entity_type"],
            registry=self.registry,
        )
        self._audit_seconds = Histogram(
            "artwork_indexer_audit_duration_seconds",
            "Time of an audit, from the expected state to its verdict.",
            ["entity_type"],
            buckets=DURATIONS,
            registry=self.registry,
        )

    def _make_gauges(self) -> None:
        Gauge("artwork_indexer_build_info", "Version.", ["version"], registry=self.registry).labels(
            __version__
        ).set(1)
        self._last_claim = self._gauge(
            "last_claim_timestamp_seconds", "When this process last claimed an event."
        )
        self._connected = self._gauge("database_connected", "Whether the database answers.")
        self._listening = self._gauge("listening", "Whether notifications wake this process.")
        self._oldest_ready = self._gauge(
            "oldest_ready_event_seconds", "How long the oldest claimable event has waited."
        )
        self._queue = Gauge(
            "artwork_indexer_queue_events",
            "Unfinished and failed events of all processes.",
            ["state", "entity_type"],
            registry=self.registry,
        )
        self._held = Gauge(
            "artwork_indexer_audit_held",
            "Whether all audits are stopped, in all processes, by a pause or by the brake.",
            ["by"],
            registry=self.registry,
        )
        self._reviews = self._gauge("open_reviews", "Entities that wait for a person.")
        self._repairs = self._gauge(
            "outstanding_repairs", "Events of audits that are queued or running."
        )
        self._paused = Gauge(
            "artwork_indexer_service_paused",
            "Whether a service is paused, for all processes.",
            ["service"],
            registry=self.registry,
        )

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"artwork_indexer_{name}", text, registry=self.registry)

    async def page(self) -> bytes:
        """The text for Prometheus."""
        await self._refresh()
        return generate_latest(self.registry)

    async def _refresh(self) -> None:
        """Ask the queue, unless it was asked a moment ago; without an answer figures stay."""
        async with self._asking:
            database = self._database()
            now = self._clock()
            is_fresh = self._asked_at is not None and now - self._asked_at < CACHE_SECONDS
            if database is None or is_fresh:
                return
            self._asked_at = now
            try:
                async with asyncio.timeout(QUERY_SECONDS):
                    self._show(await database.fetch(query("queue_gauges")))
            except (TimeoutError, psycopg.Error, Unreachable):
                self._connected.set(0)
            else:
                self._connected.set(1)

    def _show(self, rows: Iterable[Row]) -> None:
        found = {(row["kind"], row["name"], row["entity_type"]): row["value"] for row in rows}
        for state in STATES:
            for project in PROJECTS:
                count = found.get(("events", state, project.entity_type), 0)
                self._queue.labels(state, project.entity_type).set(count)
        for service in SERVICES:
            self._paused.labels(service).set(int(("paused", service, "") in found))
        for hold in HOLDS:
            self._held.labels(hold).set(int(("held", hold, "") in found))
        self._reviews.set(found.get(("reviews", "", ""), 0))
        self._repairs.set(found.get(("repairs", "", ""), 0))
        self._oldest_ready.set(max(0, found.get(("oldest_ready", "", "")) or 0))

    def http_request(self, service: str, method: str, status: str, seconds: float) -> None:
        """One HTTP request ended; ``status`` may be the name of an error."""
        self._requests.labels(service, method, status).inc()
        self._request_seconds.labels(service).observe(seconds)

    def claimed(self, events: Sequence[Event]) -> None:
        """Events were claimed; only first tries of edits say how prompt this daemon is."""
        self._last_claim.set_to_current_time()
        now = datetime.now(UTC)
        for event in events:
            if event.claims == 1 and event.origin == "edit":
                self._claim_delay.observe(max(0.0, (now - event.created).total_seconds()))

    def event_ended(self, event: Event, outcome: str, seconds: float) -> None:
        """An event left this process."""
        self._events.labels(event.action.value, str(outcome)).inc()
        self._event_seconds.labels(event.action.value).observe(seconds)

    def service_paused(self, error: ServicePaused, _seconds: float) -> None:
        """A pause began."""
        self._pauses.labels(error.service).inc()
        self._paused.labels(error.service).set(1)

    def reloaded(self, *, accepted: bool) -> None:
        """A reload ended."""
        self._reloads.labels("yes" if accepted else "no").inc()

    def started(self) -> None:
        """The database was asked before the start."""
        self._connected.set(1)

    def connected(self, active: bool) -> None:
        """The database stopped answering, or answers again."""
        self._connected.set(int(active))

    def listening(self, active: bool) -> None:
        """Notifications arrive, or no longer do."""
        self._listening.set(int(active))

    def audited(self, entity_type: str, verdict: str, *, repairs: int, seconds: float) -> None:
        """The verdict of an audit was written."""
        self._audits.labels(entity_type, verdict).inc()
        self._audit_repairs.labels(entity_type).inc(repairs)
        self._audit_seconds.labels(entity_type).observe(seconds)

    def audit_braked(self, _reason: str) -> None:
        """The brake holds all audits."""
        self._held.labels("brake").set(1)
