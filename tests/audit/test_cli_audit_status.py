"""``artwork-indexer audit status``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audit.cli_fixtures import Operator, seen
from tests.audit.queue_fixtures import ask, clean, deferred, repair
from tests.queue_fixtures import GIDS

pytest_plugins = ["tests.audit.cli_plugin"]

STATES = (
    "unchecked", "audit_in_progress", "clean", "manual_review", "repair_queue", "legacy",
    "deferred",
)  # fmt: skip


def spent(operator: Operator, budget: str, amount: int, ago: str = "10 min") -> None:
    operator.entities.run(
        "INSERT INTO artwork_indexer.audit_budget (budget, minute, spent) VALUES"
        " (%(budget)s, date_trunc('minute', now() - %(ago)s::interval), %(amount)s)",
        budget=budget,
        ago=ago,
        amount=amount,
    )


def problems(told: dict[str, Any]) -> list[str]:
    return [obstacle["problem"] for obstacle in told["obstacles"]]


def test_nothing_at_all_still_has_every_key(operator: Operator) -> None:
    told = operator.type("audit", "status", "--json").json
    assert told["states"] == dict.fromkeys(STATES, 0)
    assert told["total"] == told["due_now"] == 0
    assert list(told["entity_types"]) == ["release", "event"]
    assert told["pass"] == {
        "allowed_per_hour": pytest.approx(40000 / 24),
        "hours": 0,
        "never": None,
    }
    assert problems(told) == ["No entity is under audit."]
    assert "No entity is under audit." in operator.type("audit", "status").out


def test_every_state_is_counted_by_type(operator: Operator) -> None:
    for place, state in enumerate(STATES):
        for gid in GIDS[10 * place : 10 * place + place + 1]:
            operator.entities.seed_one(gid, status=state)
    operator.entities.seed_one(GIDS[90], entity_type="event", status="clean")
    told = operator.type("audit", "status", "--json").json
    releases = {state: place + 1 for place, state in enumerate(STATES)}
    assert told["entity_types"]["release"] == {"total": 28, "states": releases}
    assert told["states"] == {**releases, "clean": 4}
    assert told["entity_types"]["event"]["total"] == 1
    assert told["total"] == 29
    text = operator.type("audit", "status").out
    assert ["clean", "4", "3", "1"] in [line.split() for line in text.splitlines()]


def test_what_may_be_audited_now(operator: Operator) -> None:
    entities = operator.entities
    entities.seed(2)
    entities.seed_one(GIDS[2], status="clean", next_audit_at="yesterday")
    entities.seed_one(GIDS[3], status="clean", next_audit_at="2100-01-01")
    entities.seed_one(GIDS[4], status="unchecked", next_audit_at="yesterday")
    entities.seed_one(
        GIDS[5], status="audit_in_progress", next_audit_at="yesterday", lease_expires="2100-01-01"
    )
    assert operator.type("audit", "status", "--json").json["due_now"] == 4


def test_verdicts_repairs_reviews_and_deferrals(operator: Operator) -> None:
    operator.entities.seed(6)
    operator.judge(
        clean(),
        repair(GIDS[1], seen("xml-title")),
        ask(seen("stray-unknown", "image 7")),
        deferred("unreadable: index.json"),
        deferred("tasks-pending"),
        deferred("tasks-pending"),
    )
    operator.entities.run(
        "INSERT INTO artwork_indexer.audit_total (hour, entity_type, verdict, audits, repairs)"
        " VALUES (now() - interval '25 h', 'release', 'clean', 100, 100)"
    )
    told = operator.type("audit", "status", "--json").json
    verdicts = {"clean": 1, "repair_queue": 1, "manual_review": 1, "deferred": 3, "legacy": 0}
    assert told["last_24_hours"] == {"verdicts": verdicts, "repairs": 1}
    assert told["open_reviews"] == 1
    assert told["deferred_by_reason"] == {"tasks-pending": 2, "unreadable: index.json": 1}
    assert told["rate"]["last_hour"] == told["rate"]["last_24_hours"] == 6
    assert told["outstanding_repairs"] == {"limit": 100, "spent": 1, "left": 99}


def test_budgets_tell_limit_spent_and_left(operator: Operator) -> None:
    operator.configure(operator.entities.conninfo, repairs_per_hour=5, repairs_per_day="")
    for budget, amount in (("entities", 30), ("repairs", 7), ("format_repairs", 2), ("deletes", 3)):
        spent(operator, budget, amount)
        spent(operator, budget, 100, "5 h")
        spent(operator, budget, 10_000, "25 h")
    told = operator.type("audit", "status", "--json").json["budgets"]
    assert told == {
        "entities_per_hour": {"limit": 2000, "spent": 30, "left": 1970},
        "entities_per_day": {"limit": 40000, "spent": 130, "left": 39870},
        "repairs_per_hour": {"limit": 5, "spent": 7, "left": 0},
        "repairs_per_day": {"limit": None, "spent": 107, "left": None},
        "format_repairs_per_day": {"limit": 0, "spent": 102, "left": 0},
        "deletes_per_day": {"limit": 20, "spent": 103, "left": 0},
    }
    text = operator.type("audit", "status").out
    assert ["repairs_per_day", "none", "107", "any", "number"] in [
        line.split() for line in text.splitlines()
    ]


def test_the_pass_ends_at_the_slower_of_budget_and_pace(operator: Operator) -> None:
    operator.entities.seed(50)
    spent(operator, "entities", 40, "4 h")
    told = operator.type("audit", "status", "--json").json
    assert told["rate"]["per_hour"] == pytest.approx(10, rel=0.01)
    assert told["pass"]["hours"] == pytest.approx(5, rel=0.01)
    operator.configure(operator.entities.conninfo, entities_per_day=48)
    told = operator.type("audit", "status", "--json").json
    assert told["pass"]["allowed_per_hour"] == 2
    assert told["pass"]["hours"] == pytest.approx(25)
    assert "pass ends        in about 25 hours, " in operator.type("audit", "status").out


@pytest.mark.parametrize(
    ("keys", "never", "problem"),
    [
        ({"enabled": "no"}, "[audit] enabled = no", "The audit is switched off"),
        ({"entities_per_day": 0}, "entities_per_day = 0", "entities_per_day = 0 allows no audit."),
        ({}, "no audit began in the last 24 hours", "perhaps no daemon runs"),
    ],
)
def test_a_pass_that_never_ends_says_why(
    operator: Operator, keys: dict[str, object], never: str, problem: str
) -> None:
    operator.configure(operator.entities.conninfo, **keys)
    operator.entities.seed(3)
    told = operator.type("audit", "status", "--json").json
    assert (told["pass"]["hours"], told["pass"]["never"]) == (None, never)
    assert problem in problems(told)[0]
    text = operator.type("audit", "status").out
    assert f"never: {never}" in text
    assert problem in text


def test_pause_and_brake_are_told_with_the_command_that_ends_them(operator: Operator) -> None:
    operator.entities.seed()
    operator.type("audit", "pause", "--reason", "IA asked us")
    operator.entities.run("SELECT artwork_indexer.pull_audit_brake('Nobody is healthy.')")
    told = operator.type("audit", "status", "--json").json
    assert told["holds"]["pause"]["reason"] == "IA asked us"
    assert told["holds"]["brake"]["reason"] == "Nobody is healthy."
    assert told["holds"]["brake"]["since"]
    assert told["pass"]["never"] == "audits are held until audit resume"
    text = operator.type("audit", "status").out
    assert text.startswith("Nothing is audited now.\n")
    assert "IA asked us" in text
    assert "Nobody is healthy." in text
    assert text.count("artwork-indexer audit resume") == 2


def test_a_paused_archive_holds_audits_and_other_services_are_named(operator: Operator) -> None:
    operator.entities.seed()
    spent(operator, "entities", 1)
    pause = (
        "INSERT INTO artwork_indexer.service_pause (service, paused_until, reason)"
        " VALUES (%(service)s, now() + interval '10 min', 'SlowDown')"
    )
    operator.entities.run(pause, service="musicbrainz")
    told = operator.type("audit", "status", "--json").json
    assert [pause["service"] for pause in told["paused_services"]] == ["musicbrainz"]
    assert told["obstacles"] == []
    operator.entities.run(pause, service="archive")
    told = operator.type("audit", "status", "--json").json
    assert [told["paused_services"][0][key] for key in ("service", "reason")] == [
        "archive",
        "SlowDown",
    ]
    assert problems(told) == ["The Internet Archive is left alone for 10 minutes more: SlowDown"]
    assert "service paused   musicbrainz, 10 minutes more: SlowDown" in (
        operator.type("audit", "status").out
    )


def test_a_used_up_budget_and_waiting_events_are_told(operator: Operator) -> None:
    operator.entities.seed()
    operator.entities.index(GIDS[9])
    assert (
        "events go first, and 1 of them"
        in problems(operator.type("audit", "status", "--json").json)[0]
    )
    spent(operator, "entities", 2000)
    told = operator.type("audit", "status", "--json").json
    assert problems(told) == ["entities_per_hour = 2000 is used up."]


def test_when_all_is_well_that_is_the_first_line(operator: Operator) -> None:
    operator.entities.seed(2)
    operator.judge(clean())
    told = operator.type("audit", "status")
    assert told.out.startswith("Audits go on: 1 began in the last hour, 1 in the last 24 hours.\n")
    operator.judge(clean())
    assert "Nothing is due; the next entity is in 90 days." in operator.type("audit", "status").out


def test_probation_of_each_kind(operator: Operator) -> None:
    operator.configure(operator.entities.conninfo, probation_repairs=3)
    for kind, started, verified, failed in (
        ("xml-title", 9, 3, 1),
        ("xml-artists", 3, 1, 1),
        ("xml-events", 4, 1, 1),
        ("index-missing", 5, 0, 3),
    ):
        operator.entities.run(
            "INSERT INTO artwork_indexer.audit_probation VALUES (%(k)s, %(s)s, %(v)s, %(f)s)",
            k=kind,
            s=started,
            v=verified,
            f=failed,
        )
    told = operator.type("audit", "status", "--json").json["probation"]
    assert {trial["kind"]: trial["state"] for trial in told} == {
        "xml-title": "proven",
        "xml-artists": "trying",
        "xml-events": "waiting",
        "index-missing": "failed",
    }
    for trial in told:
        blocked = operator.entities.value(
            f"artwork_indexer.kind_on_probation(ARRAY['{trial['kind']}'], 3)"
        )
        assert (blocked is not None) == (trial["state"] in {"waiting", "failed"})
    assert "did not hold, no more until: artwork-indexer audit resume" in (
        operator.type("audit", "status").out
    )


def test_a_missing_schema_is_one_sentence(operator: Operator, musicbrainz_url: str) -> None:
    operator.configure(musicbrainz_url)
    for command in (
        ("audit", "status"),
        ("audit", "findings"),
        ("audit", "history", GIDS[0]),
        ("audit", "recheck", "release", GIDS[0]),
        ("audit", "pause"),
        ("audit", "resume"),
        ("audit", "export"),
        ("review", "list"),
        ("review", "show", "1"),
        ("review", "resolve", "1"),
    ):
        ended = operator.type(*command)
        assert ended.code == 3, command
        assert "Run: artwork-indexer migrate" in ended.sentence
