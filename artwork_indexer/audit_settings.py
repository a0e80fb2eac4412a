"""What functions in the database have to know of the audit, whether or not anybody audits."""

from __future__ import annotations

from datetime import timedelta

from artwork_indexer.config import AuditConfig
from artwork_indexer.database import Database, query


async def write_settings(database: Database, config: AuditConfig) -> None:
    """Tell them: the end of an event sets the time of an audit, whoever ends it."""
    await database.execute(
        query("audit_write_settings"),
        settle=timedelta(hours=config.settle_hours),
        reaudit=timedelta(days=config.reaudit_days),
    )
