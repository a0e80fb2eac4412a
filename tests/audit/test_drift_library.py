"""The library of drift leaves nothing out, and its labels make sense."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

from artwork_indexer.sandbox.drift import DRIFTS, EVERYTHING, VARIANTS, Course, Drift, Label
from audit.catalogue import BY_ID, CATALOGUE, OUTCOMES
from audit.findings import Repair, Severity

ROWS: Final = frozenset({*map(str, range(14)), "7b"})
UNRECORDED_KINDS: Final = {
    "cannot-be-judged": "asked about and never recorded; never-readable leads to it",
}
UNPLANTED_OUTCOMES: Final = {
    "newer-than-replica": "of mirrors, and the world is a master",
    "database-changed": "an edit in the middle of one audit",
    "report-mode": "a mode, not a state",
    "residue": "the reason of legacy, whose verdict says it all",
}


def courses(drift: Drift) -> list[Course]:
    return [course for label in drift.labels.values() for course in (label.allowed, label.careful)]


def test_there_are_enough_kinds_and_each_has_its_name() -> None:
    assert len(DRIFTS) >= 80
    assert len(VARIANTS) >= 20
    assert [
        name for name, count in Counter(one.name for one in EVERYTHING).items() if count > 1
    ] == []
    assert all(one.name.replace("-", "").isalnum() and one.name.islower() for one in EVERYTHING)
    titles = Counter(one.title for one in EVERYTHING)
    assert [title for title, count in titles.items() if count > 1] == []


def test_every_kind_of_finding_is_planted() -> None:
    planted = frozenset().union(*(drift.findings for drift in DRIFTS))
    assert planted <= BY_ID.keys()
    assert {kind.id for kind in CATALOGUE} - planted == UNRECORDED_KINDS.keys()


def test_every_outcome_is_reached() -> None:
    reached = {course.outcome for drift in EVERYTHING for course in courses(drift)}
    wanted = {outcome.id for outcome in OUTCOMES}
    assert reached - {"", "clean"} <= wanted
    assert wanted - reached == UNPLANTED_OUTCOMES.keys()


def test_every_row_of_the_decision_table_is_planted() -> None:
    rows = {row for drift in EVERYTHING for row in drift.rows}
    assert rows == ROWS


@pytest.mark.parametrize("drift", EVERYTHING, ids=lambda drift: drift.name)
def test_a_label_goes_by_the_rules(drift: Drift) -> None:
    """What the catalogue says about its findings, the label must not contradict."""
    for label in drift.labels.values():
        kinds = [BY_ID[finding] for finding in label.findings]
        if any(kind.repair is Repair.DELETE for kind in kinds):
            assert label.careful.verdict == "manual_review"
        if label.allowed.verdict == "manual_review":
            assert label.allowed.events == label.careful.events == ()
        if kinds and all(kind.severity is Severity.FORMAT for kind in kinds):
            assert (label.careful.verdict, label.careful.events) == ("clean", ())
        assert_rows_fit(drift, label)


def assert_rows_fit(drift: Drift, label: Label) -> None:
    """A finding belongs to one of the rows that the drift is about."""
    for finding in label.findings:
        rows = BY_ID[finding].rows
        assert not rows or set(rows) & set(drift.rows), (finding, rows)


@pytest.mark.parametrize("drift", VARIANTS, ids=lambda drift: drift.name)
def test_a_variant_is_no_drift(drift: Drift) -> None:
    for label in drift.labels.values():
        assert label.findings == frozenset()
    for course in courses(drift):
        assert (course.events, course.more) == ((), ())
        assert course.verdict == course.end
        assert course.verdict in {"clean", "legacy"}
