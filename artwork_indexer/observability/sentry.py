"""Reports of final failures to Sentry.

The SDK is imported only when a DSN is configured, and used without its integrations: they
would send log lines, local variables and requests that nobody looked through.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from artwork_indexer import __version__
from artwork_indexer.errors import (
    ArtworkIndexerError,
    AuditBraked,
    CredentialsRefused,
    EventError,
    ServicePaused,
)
from artwork_indexer.event_queue import Event
from artwork_indexer.observability.scrubbing import Scrubber
from artwork_indexer.observer import Observer
from artwork_indexer.projects import BY_ENTITY_TYPE

if TYPE_CHECKING:
    from sentry_sdk import Client

log = logging.getLogger(__name__)

REPEAT_SECONDS: Final = 3600.0
"""How long the same error is not reported again."""
MOST_FINGERPRINTS: Final = 10_000
FLUSH_SECONDS: Final = 2.0

_VARIABLE: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]+")


class Sentry(Observer):
    """Sends one report for each kind of final failure, at most once an hour.

    Without ``dsn`` it does nothing. ``clock`` is in seconds.
    """

    def __init__(
        self,
        dsn: str | None,
        scrubber: Scrubber,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scrubber = scrubber
        self._clock = clock
        self._reported: dict[tuple[str, ...], float] = {}
        self._dsn = dsn
        self._client = None if dsn is None else self._open(dsn)

    async def use(self, dsn: str | None) -> None:
        """Report there from now on; None for nowhere."""
        if dsn != self._dsn:
            await self.close()
            self._dsn = dsn
            self._client = None if dsn is None else self._open(dsn)

    def _open(self, dsn: str) -> Client:
        from sentry_sdk import Client  # noqa: PLC0415  (12 MB that most processes never need)

        return Client(
            dsn=dsn,
            release=__version__,
            default_integrations=False,
            auto_enabling_integrations=False,
            # send_default_pii stays unset: that means no, and to say so is deprecated.
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            enable_backpressure_handling=False,
            auto_session_tracking=False,
            before_send=self._scrubbed,
            shutdown_timeout=FLUSH_SECONDS,
        )

    def _scrubbed(self, report: Any, _hint: dict[str, Any]) -> Any:  # noqa: ANN401
        return self._scrubber.deep(report)

    def event_failed(self, event: Event, error: EventError) -> None:
        """An event failed for good."""
        self.report_failure(event, error)

    def service_paused(self, error: ServicePaused, _seconds: float) -> None:
        """Refused keys do not mend themselves: somebody has to be told."""
        if isinstance(error, CredentialsRefused):
            self._report(error, {"service": error.service}, {})

    def audit_braked(self, reason: str) -> None:
        """Nothing is audited until a person has looked."""
        self._report(AuditBraked(reason), {"action": "audit"}, {})

    def report_failure(self, event: Event, error: EventError) -> None:
        """Report a failure, unless the same one was reported within the hour."""
        project = BY_ENTITY_TYPE.get(event.entity_type)
        tags = {
            "event_id": str(event.id),
            "action": event.action.value,
            "project": project.abbreviation if project else event.entity_type,
            "mbid": event.gid or "",
        }
        self._report(
            error,
            tags,
            {
                "message": dict(event.message),
                "attempts": event.attempts,
                "origin": event.origin,
                "created": event.created.isoformat(),
            },
        )

    def _report(
        self, error: ArtworkIndexerError, tags: dict[str, str], extra: dict[str, object]
    ) -> None:
        if self._client is None:
            return
        fingerprint = fingerprint_of(error, tags.get("action", ""))
        if self._is_repetition(fingerprint):
            return
        from sentry_sdk.utils import event_from_exception  # noqa: PLC0415

        report, hint = event_from_exception(error, client_options=self._client.options)
        report["level"] = "error"
        report["tags"] = tags
        report["fingerprint"] = list(fingerprint)
        report["extra"] = extra
        self._client.capture_event(report, hint)

    def _is_repetition(self, fingerprint: tuple[str, ...]) -> bool:
        now = self._clock()
        last = self._reported.get(fingerprint)
        if last is not None and now - last < REPEAT_SECONDS:
            return True
        if len(self._reported) >= MOST_FINGERPRINTS:
            self._reported.clear()
        self._reported[fingerprint] = now
        return False

    async def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(client.close, timeout=FLUSH_SECONDS)


def fingerprint_of(error: ArtworkIndexerError, action: str) -> tuple[str, ...]:
    """What makes two failures the same: class, action, and message without ids and numbers.

    An HTTP status is a number that matters, so it counts by itself.
    """
    message = _VARIABLE.sub("#", str(error))
    status = error.status if isinstance(error, EventError) else None
    return (type(error).__name__, str(status or ""), action, message)
