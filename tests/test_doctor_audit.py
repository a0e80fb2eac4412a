"""The doctor's look at the audit."""

from __future__ import annotations

from pathlib import Path

import psycopg

from artwork_indexer.doctor.findings import Level
from tests.test_doctor import database_findings, worst

ENABLED = "[audit]\nenabled = yes\n"


def test_an_audit_that_is_switched_off_is_no_matter(database_url: str, tmp_path: Path) -> None:
    found = database_findings(database_url, tmp_path / "config.ini")
    assert [finding for finding in found if finding.subject == "audit"] == []


def test_an_audit_without_entities(database_url: str, tmp_path: Path) -> None:
    found = worst(database_findings(database_url, tmp_path / "config.ini", ENABLED), "audit")
    assert found.level is Level.WARNING
    assert found.remedy == "artwork-indexer audit seed musicbrainz"


def test_what_holds_the_audit_and_what_waits(database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO artwork_indexer.audit_entity (entity_type, gid, status) VALUES"
            " ('release', gen_random_uuid(), 'manual_review')"
        )
        connection.execute(
            "INSERT INTO artwork_indexer.needs_manual_review (audit_entity_id, review_reason)"
            " SELECT id, 'x' FROM artwork_indexer.audit_entity"
        )
        connection.execute(
            "INSERT INTO artwork_indexer.audit_hold (name, reason) VALUES ('brake', 'Too much.')"
        )
    found = database_findings(database_url, tmp_path / "config.ini", ENABLED)
    told = [(finding.message, finding.remedy) for finding in found if finding.subject == "audit"]
    assert told == [
        ("all audits are stopped: brake: Too much.", "artwork-indexer audit resume"),
        ("1 entities wait for a person's decision", "artwork-indexer review list"),
    ]


def test_an_audit_that_can_work(database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO artwork_indexer.audit_entity (entity_type, gid) VALUES"
            " ('release', gen_random_uuid())"
        )
    found = worst(database_findings(database_url, tmp_path / "config.ini", ENABLED), "audit")
    assert found.level is Level.OK
