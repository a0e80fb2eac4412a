"""Reports with the rights of sql/roles.sql, and the arithmetic of the pace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from psycopg.conninfo import make_conninfo

from audit.obstacles import span
from audit.progress import Budget, allowed_rate, measured_rate, pace
from tests.audit.cli_fixtures import Operator, seen
from tests.audit.queue_fixtures import UNLIMITED, ask
from tests.audit.test_audit_roles import ROLES
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.cli_plugin"]

NOW = datetime(2026, 1, 2, tzinfo=UTC)
READING: Final[tuple[tuple[str, ...], ...]] = (
    ("audit", "status"),
    ("audit", "findings"),
    ("audit", "findings", "--summary"),
    ("audit", "history", GIDS[0]),
    ("audit", "export"),
    ("audit", "export", "--format", "items"),
    ("review", "list"),
    ("review", "show", "1"),
)
WRITING: Final[tuple[tuple[str, ...], ...]] = (
    ("audit", "recheck", "release", GIDS[1]),
    ("audit", "pause"),
    ("audit", "resume"),
    ("review", "wont-fix", "1", "--notes", "x"),
)


@pytest.fixture
def logins(operator: Operator) -> Iterator[dict[str, str]]:
    """How the two roles reach a database with one open review."""
    entities = operator.entities
    entities.seed()
    operator.judge(ask(seen("item-dark", "item")))
    entities.connection.execute(ROLES.encode())
    roles = {"test_reporter": "artwork_indexer_ro", "test_operator": "artwork_indexer"}
    for login, role in roles.items():
        entities.run(f"CREATE ROLE {login} LOGIN PASSWORD 'secret' IN ROLE {role}")
    yield {
        role: make_conninfo(entities.conninfo, user=login, password="secret")
        for login, role in roles.items()
    }
    names = ", ".join([*roles, *roles.values()])
    entities.run(f"DROP OWNED BY {names} CASCADE")
    entities.run(f"DROP ROLE {names}")


def test_the_role_for_reports_reads_and_changes_nothing(
    operator: Operator, logins: dict[str, str]
) -> None:
    operator.configure(logins["artwork_indexer_ro"])
    for command in READING:
        assert operator.type(*command).code == 0, command
    for command in WRITING:
        ended = operator.type(*command)
        assert ended.code == 3, command
        assert "sql/roles.sql" in ended.sentence
    assert operator.entities.entity()["status"] == "manual_review"


def test_the_role_of_the_daemon_may_do_all(operator: Operator, logins: dict[str, str]) -> None:
    operator.configure(logins["artwork_indexer"])
    for command in (*READING, *WRITING):
        assert operator.type(*command).code == 0, command


def test_what_is_left_is_never_negative() -> None:
    assert Budget("x", 5, 7).left == 0
    assert Budget("x", 5, 2).left == 3
    assert Budget("x", None, 2).left is None


@pytest.mark.parametrize(
    ("hourly", "daily", "rate"),
    [(None, None, None), (10, None, 10), (None, 48, 2), (10, 48, 2), (1, 48, 1), (0, 48, 0)],
)
def test_what_the_budgets_allow(hourly: int | None, daily: int | None, rate: float | None) -> None:
    config = replace(UNLIMITED, entities_per_hour=hourly, entities_per_day=daily)
    assert allowed_rate(config) == rate


def test_what_was_measured() -> None:
    assert measured_rate(0, None, NOW) == 0
    assert measured_rate(240, NOW - timedelta(hours=24), NOW) == 10
    assert measured_rate(10, NOW - timedelta(seconds=1), NOW) == 60


def test_without_limits_the_pace_is_what_was_measured() -> None:
    config = replace(UNLIMITED, enabled=True)
    assert pace(100, config, is_held=False, measured=50).hours == 2
    assert (
        pace(100, config, is_held=True, measured=50).never == "audits are held until audit resume"
    )
    assert pace(0, config, is_held=True, measured=0).hours == 0


def test_spans_in_the_unit_that_suits_them() -> None:
    assert [span(s) for s in (-1, 0, 119, 120, 7199, 7200, 172_800, 86400 * 1e4)] == [
        "0 seconds", "0 seconds", "119 seconds", "2 minutes", "120 minutes", "2 hours", "2 days",
        "10,000 days",
    ]  # fmt: skip
