"""What one configuration and one database allow the audit to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from artwork_indexer.config import Config
from artwork_indexer.config_sections import AuditConfig
from artwork_indexer.database import Database
from audit import expected as expectations
from audit.comparison import CompareSettings
from audit.examine import compare_settings, compared_fields
from audit.expected import Replication
from audit.queue import Claim
from audit.verdict import DecideContext, Status

SHARE_OF_RATE: Final = 0.25
"""A batch has no more audits than the rate allows requests in this part of a lease."""
ILL: Final = frozenset({Status.REPAIR_QUEUE, Status.MANUAL_REVIEW})


@dataclass(slots=True)
class Rules:
    """The rules; those that depend on the database hold once it is known (:meth:`know`).

    Raises:
        ConfigurationError: the section of the audit names a field that is not compared.
    """

    config: Config
    _replication: Replication | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        compared_fields(self.config.audit)

    async def know(self, database: Database) -> None:
        """Find out what kind of database this is, and of a mirror how old its data are.

        Raises:
            Unreachable, psycopg.Error: the database does not say.
        """
        if self._replication is None or self._replication.is_mirror:
            self._replication = await expectations.replication(database)

    @property
    def audit(self) -> AuditConfig:
        """The section of the configuration."""
        return self.config.audit

    @property
    def mode(self) -> Literal["report", "repair"]:
        """A mirror is never repaired: its data are late, and nothing there is an edit. Nor can
        anything be without a web service, whose document each ``index`` writes."""
        assert self._replication is not None
        can_repair = self.config.musicbrainz.url and not self._replication.is_mirror
        return self.audit.mode if can_repair else "report"

    @property
    def comparing(self) -> CompareSettings:
        """For :func:`audit.compare.compare`."""
        assert self._replication is not None
        return compare_settings(self.audit, self.config.archive.uploaders, self._replication)

    @property
    def batch_size(self) -> int:
        """How many audits are begun at once: all of them have to end within their leases."""
        rate = self.config.archive.requests_per_second
        if rate is None:
            return self.audit.concurrency
        return max(
            1, min(self.audit.concurrency, int(rate * self.audit.lease_seconds * SHARE_OF_RATE))
        )

    def context(self, claim: Claim, now: datetime) -> DecideContext:
        """For :func:`audit.decide.decide`."""
        audit = self.audit
        return DecideContext(
            now=now,
            evidence=claim.evidence,
            mode=self.mode,
            deletions=audit.deletions,
            derive=audit.derive,
            repair_item_metadata=audit.repair_item_metadata,
            format_budget=audit.format_repairs_per_day != 0,
            acknowledged=claim.acknowledged,
            deferral=claim.deferral,
            was_ill=claim.last_verdict in ILL,
            is_regular=claim.return_reason is None,
            settle=timedelta(hours=audit.settle_hours),
            delete_confirm=timedelta(hours=audit.delete_confirm_hours),
            reaudit=timedelta(days=audit.reaudit_days),
            max_repair_rounds=audit.max_repair_rounds,
        )
