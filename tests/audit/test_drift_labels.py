"""Each planted drift is found, nothing else is, and the verdict and the plan are right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from artwork_indexer.sandbox.drift import EVERYTHING, Course, Drift
from artwork_indexer.sandbox.postgres import Server
from audit.verdict import Status, Verdict
from tests.audit.drift_fixtures import Audited, Look, audit_planted, second

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def audited(
    postgres: Server, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Audited]:
    """All drifts in one world."""
    directory: Path = tmp_path_factory.mktemp("drift")
    conninfo = postgres.create_database("drift_labels", template=migrated_template)
    yield audit_planted(conninfo, directory)
    postgres.drop_database("drift_labels")


@pytest.fixture(params=EVERYTHING, ids=lambda drift: drift.name)
def drift(request: pytest.FixtureRequest) -> Drift:
    kind = request.param
    assert isinstance(kind, Drift)
    return kind


def looks(audited: Audited, drift: Drift) -> Iterator[tuple[str, Look]]:
    for role, subject in audited.planted[drift.name].items():
        yield role, audited.looks[subject.gid]


def found(verdict: Verdict) -> set[str]:
    return {finding.kind.id for finding in verdict.findings or ()}


def planned(verdict: Verdict) -> list[str]:
    return sorted(event.action for event in verdict.plan)


def outcome(verdict: Verdict) -> str:
    return verdict.reason.partition(":")[0]


def test_what_is_found_is_what_was_planted(audited: Audited, drift: Drift) -> None:
    assert audited.planted[drift.name].keys() == drift.labels.keys()
    for role, look in looks(audited, drift):
        for allowed in (True, False):
            verdict = look.decide(allowed=allowed)
            told = [(wait.reason, wait.message) for wait in look.examination.comparison.waits]
            assert found(verdict) == drift.labels[role].findings, (role, told, verdict.message)


@pytest.mark.parametrize("allowed", [True, False], ids=["allowed", "careful"])
def test_the_first_verdict_and_its_plan(audited: Audited, drift: Drift, *, allowed: bool) -> None:
    for role, look in looks(audited, drift):
        label = drift.labels[role]
        course = label.allowed if allowed else label.careful
        verdict = look.decide(allowed=allowed)
        assert verdict.status == course.verdict, (role, verdict.message)
        if course.outcome:
            assert outcome(verdict) == course.outcome, role
        if course.outcome == "second-look":
            assert verdict.plan == ()
            verdict = second(look, verdict)
            assert verdict.status is Status.REPAIR_QUEUE
        assert planned(verdict) == events(course), role


def events(course: Course) -> list[str]:
    return sorted(course.events)


def test_nothing_is_found_anywhere_else(audited: Audited) -> None:
    assert len(audited.healthy) > 300
    wrong = {
        look.subject.gid: (verdict.status, verdict.message, found(verdict))
        for look in audited.healthy
        for verdict in (look.decide(allowed=True),)
        if verdict.status not in (Status.CLEAN, Status.LEGACY) or found(verdict)
    }
    assert wrong == {}


def test_what_can_never_be_judged_is_a_question(audited: Audited) -> None:
    look = audited.looks[audited.planted["never-readable"]["entity"].gid]
    reviews = look.decide(allowed=True).reviews
    assert [finding.kind.id for finding in reviews] == ["cannot-be-judged"]


def test_each_drift_has_entities_of_its_own(audited: Audited) -> None:
    gids = [subject.gid for roles in audited.planted.values() for subject in roles.values()]
    assert len(gids) == len(set(gids)) == sum(len(drift.labels) for drift in EVERYTHING)
