"""The coming days against the limits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artwork_indexer.cli.main import guarded
from artwork_indexer.config import load, packaged_default
from artwork_indexer.database import Database
from audit.plan_ahead import Ahead, Due, Limit, forecast, limits_of, promise, read_plan
from tests.audit.queue_fixtures import Entities
from tests.audit.seeding.musicbrainz_fixtures import config_for

pytest_plugins = ["tests.audit.queue_plugin"]

TODAY = date(2026, 3, 1)
DEFAULT = load(packaged_default(), {})
HOURLY = Limit("[audit] entities_per_hour", 2000, 1)
counts = st.integers(0, 10_000_000)


def ahead(due: Due, *limits: Limit, reaudit_days: float = 30) -> Ahead:
    return Ahead(due, (), limits, reaudit_days, enabled=True, holds=())


def test_says_plainly_that_the_promise_cannot_be_held() -> None:
    daily = Limit("[audit] entities_per_day", 100_000, 24)
    first, second = promise(ahead(Due(3_400_000, 0, (0,), 0), HOURLY, daily))
    assert first == "A full pass takes 71 days at 2,000 an hour; reaudit_days is 30."
    assert second == (
        "That cannot be held. It takes [audit] entities_per_hour at least 4,723 and "
        "[audit] entities_per_day at least 113,334, or reaudit_days at least 71."
    )


def test_says_nothing_more_when_it_can() -> None:
    plan = ahead(Due(0, 100, (300,), 1_000_000), HOURLY)
    assert list(promise(plan)) == [
        "A full pass takes 21 days at 2,000 an hour; reaudit_days is 30."
    ]
    assert plan.is_kept


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (ahead(Due(0, 0, (0,), 0), HOURLY), "No entity is due"),
        (ahead(Due(5, 0, (0,), 0)), "Nothing limits the audit"),
        (ahead(Due(5, 0, (0,), 0), Limit("[audit] x", 0, 1)), "[audit] x = 0: no entity is ever"),
        (
            ahead(Due(5, 0, (0,), 0), HOURLY, reaudit_days=0),
            "A full pass takes less than 0.1 hours",
        ),
    ],
)
def test_unusual_limits(plan: Ahead, sentence: str) -> None:
    assert next(promise(plan)).startswith(sentence)
    assert list(promise(plan))


def test_the_tightest_limit_binds() -> None:
    assert [limit.key.split()[1] for limit in limits_of(DEFAULT)] == [
        "entities_per_day",
        "entities_per_hour",
        "requests_per_second",
    ]
    slow = replace(DEFAULT, archive=replace(DEFAULT.archive, requests_per_second=0.1))
    assert limits_of(slow)[0].key == "[archive] requests_per_second"
    assert limits_of(slow)[0].per_hour == pytest.approx(360)
    free = replace(
        DEFAULT,
        audit=replace(DEFAULT.audit, entities_per_hour=None, entities_per_day=None),
        archive=replace(DEFAULT.archive, requests_per_second=None),
    )
    assert limits_of(free) == ()


def test_a_rate_that_is_too_low_is_told_in_two_digits() -> None:
    plan = ahead(Due(143_712, 0, (0,), 0), Limit("[archive] requests_per_second", 0.0001, 1 / 3600))
    first, second = promise(plan)
    assert "days at 0.36 an hour; reaudit_days is 30." in first
    # 143,712 / 30 / 86,400 = 0.05544
    assert second.startswith("That cannot be held. It takes [archive] requests_per_second at least")
    assert " at least 0.056, or reaudit_days at least 16,634." in second


@given(counts, counts, st.lists(counts, min_size=1, max_size=40), st.integers(0, 100_000))
def test_nothing_is_lost_in_the_forecast(
    never: int, overdue: int, days: list[int], per_hour: int
) -> None:
    due = Due(never, overdue, tuple(days), 0)
    told = list(forecast(due, [Limit("x", per_hour, 1)], 1000, TODAY))
    left = never + overdue
    for day, planned in zip(told, days, strict=True):
        assert day.due == planned
        assert day.waiting == left
        assert day.audited == min(left + planned, per_hour * 24)
        left += planned - day.audited
        assert day.left == left


def test_what_is_audited_comes_back() -> None:
    told = list(forecast(Due(0, 10, (0,) * 6, 0), [], 3, TODAY))
    assert [day.due for day in told] == [0, 0, 0, 10, 0, 0]
    assert [day.audited for day in told] == [10, 0, 0, 10, 0, 0]
    assert told[-1].begins == date(2026, 3, 6)


def test_what_is_audited_comes_back_at_the_earliest_the_next_day() -> None:
    told = list(forecast(Due(0, 10, (0,) * 3, 0), [], 0.4, TODAY))
    assert [day.due for day in told] == [0, 10, 10]


def test_a_limit_that_is_just_enough_needs_no_remedy() -> None:
    enough, tight = Limit("enough", 2, 1), Limit("tight", 1, 1)
    due = Due(0, 0, (0,), 2 * 24 * 30)
    assert ahead(due, enough).is_kept
    assert list(promise(ahead(due, tight, enough)))[1] == (
        "That cannot be held. It takes tight at least 2, or reaudit_days at least 60."
    )


FILL = """
INSERT INTO artwork_indexer.audit_entity (entity_type, gid, status, last_audit_at, next_audit_at)
SELECT 'release', gen_random_uuid(), status::artwork_indexer.audit_entity_status, last, next
  FROM (VALUES ('unchecked', NULL, NULL), ('unchecked', now(), NULL),
               ('unchecked', NULL, now() + interval '20 hours'),
               ('unchecked', now(), now() + interval '90 days'),
               ('clean', now(), now() - interval '1 hour'), ('clean', now(), NULL),
               ('clean', now(), now() + interval '1 hour'),
               ('deferred', now(), now() + interval '30 hours'),
               ('manual_review', now(), now() + interval '30 hours'),
               ('repair_queue', now(), now() + interval '100 days'),
               ('audit_in_progress', now(), now() + interval '1 hour'))
       AS made (status, last, next)
"""


async def test_counts_every_entity_that_comes_up_by_itself_once(
    entities: Entities, database_url: str
) -> None:
    entities.run(FILL)
    async with Database(database_url, size=2, prepared=False, name="test") as database:
        plan = await read_plan(database, DEFAULT, 3)
    assert plan.due == Due(2, 3, (1, 2, 0), 1)
    assert [day.due for day in plan.days] == [1, 2, 0]


def test_the_plan_reads_indexes_and_no_row(entities: Entities) -> None:
    """With five million entities it takes a second; the table itself would take many."""
    entities.run(
        "INSERT INTO artwork_indexer.audit_entity"
        "       (entity_type, gid, status, last_audit_at, next_audit_at)"
        " SELECT 'release', gen_random_uuid(), CASE mod(n, 2) WHEN 0 THEN 'clean'"
        "        ELSE 'unchecked' END::artwork_indexer.audit_entity_status, now(),"
        "        now() + n * interval '1 minute' FROM generate_series(1, 5000) AS n"
    )
    entities.run("VACUUM ANALYZE artwork_indexer.audit_entity")
    table = "'artwork_indexer.audit_entity'::regclass"
    with psycopg.connect(entities.conninfo) as connection:
        counted = connection.execute("SELECT * FROM artwork_indexer.audit_plan(2)").fetchall()
        read = connection.execute(
            f"SELECT pg_stat_get_xact_tuples_returned({table}),"
            f" pg_stat_get_xact_tuples_fetched({table})".encode()
        ).fetchone()
    assert sum(entities for _, entities in counted) == 5000
    assert read == (0, 0)


def test_as_an_operator_sees_it(
    entities: Entities, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entities.run(FILL)
    entities.run("INSERT INTO artwork_indexer.audit_hold (name, reason) VALUES ('pause', 'Lunch.')")
    config = str(config_for(entities.conninfo, tmp_path / "config.ini"))
    assert guarded(["audit", "plan", "--days", "2", "--config", config]) == 0
    told = capsys.readouterr().out
    assert "A full pass takes less than 0.1 hours at 1,667 an hour; reaudit_days is 90." in told
    assert "Audits are held (pause: Lunch.)" in told
    assert "\t5\t1\t6\t0\n" in told
    assert guarded(["audit", "plan", "--json", "--config", config]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["total"], document["is_kept"], len(document["days"])) == (9, True, 14)
