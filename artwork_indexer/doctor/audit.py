"""Checks of the audit: what keeps it from working, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from artwork_indexer.config import AuditConfig
from artwork_indexer.database import query
from artwork_indexer.doctor.findings import Finding, ok, warning


def check_audit(
    connection: psycopg.Connection[Any], config: AuditConfig, *, is_master: bool
) -> Iterator[Finding]:
    """What an operator has to know of the audit; nothing when it is switched off."""
    if not config.enabled:
        return
    row = connection.execute(query("doctor_audit")).fetchone()
    assert row is not None
    troubles = list(_troubles(row, is_master=is_master))
    yield from troubles or [ok("audit", f"enabled, mode={config.mode}")]


def _troubles(row: dict[str, Any], *, is_master: bool) -> Iterator[Finding]:
    if row["held"]:
        yield warning(
            "audit", f"all audits are stopped: {row['held']}", "artwork-indexer audit resume"
        )
    if not row["has_entities"]:
        yield warning("audit", "no entity is under audit", "artwork-indexer audit seed musicbrainz")
    if row["reviews"]:
        yield warning(
            "audit",
            f"{row['reviews']} entities wait for a person's decision",
            "artwork-indexer review list",
        )
    if not is_master and row["replicated_until"] is None:
        yield warning(
            "mirror",
            "it does not say when its last packet was made, so newer items look wrong",
            "Let replication set replication_control.last_replication_date.",
        )
