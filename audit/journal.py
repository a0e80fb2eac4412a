"""What the audit tells its operator: a line for each entity that is not well, and sums."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from artwork_indexer.observer import Observer
from audit.guardrails import BRAKE, Hold
from audit.queue import Finished

log = logging.getLogger(__name__)

SUM_SECONDS: Final = 300.0
"""How often the sums are told while there is work."""


class Journal:
    """Log lines and metrics of one auditor; ``holds`` asks what keeps it from working."""

    def __init__(self, holds: Callable[[], Awaitable[Sequence[Hold]]], observer: Observer) -> None:
        self._holds = holds
        self._observer = observer
        self._told: frozenset[Hold] = frozenset()
        self._counts: Counter[str] = Counter()
        self._since = time.monotonic()

    def finished(self, audit: Finished, seconds: float) -> None:
        """The verdict of one entity stands in the database."""
        claim = audit.claim
        self._observer.audited(
            claim.entity_type, audit.verdict, repairs=audit.enqueued, seconds=seconds
        )
        if not self._counts:
            self._since = time.monotonic()
        self._counts[audit.verdict] += 1
        is_well = audit.verdict in ("clean", "legacy")
        log.log(
            logging.DEBUG if is_well else logging.INFO,
            "audit of %s %s: %s%s%s",
            claim.entity_type,
            claim.gid,
            audit.verdict,
            f", {audit.reason}" if audit.reason not in (None, audit.verdict) else "",
            f", events {', '.join(map(str, audit.events))}" if audit.events else "",
            extra={
                "action": "audit",
                "entity_type": claim.entity_type,
                "mbid": claim.gid,
                "verdict": audit.verdict,
                "seconds": round(seconds, 3),
            },
        )
        if time.monotonic() - self._since >= SUM_SECONDS:
            self._tell_sums()

    async def idle(self) -> None:
        """Nothing could be claimed: tell the sums, and once whatever holds the audit."""
        self._tell_sums()
        holds = frozenset(await self._holds())
        for hold in sorted(holds - self._told, key=lambda hold: hold.since):
            log.log(
                logging.ERROR if hold.name == BRAKE else logging.WARNING,
                "all audits are stopped (%s): %s; to go on: artwork-indexer audit resume",
                hold.name,
                hold.reason,
                extra={"action": "audit_hold"},
            )
            if hold.name == BRAKE:
                self._observer.audit_braked(hold.reason)
        if self._told - holds:
            log.warning("audits go on", extra={"action": "audit_resume"})
        self._told = holds

    def _tell_sums(self) -> None:
        if not self._counts:
            return
        log.info(
            "%d audits in %.0f s: %s",
            self._counts.total(),
            time.monotonic() - self._since,
            ", ".join(f"{count} {verdict}" for verdict, count in self._counts.most_common()),
            extra={"action": "audits"},
        )
        self._counts.clear()
