"""The regular round: evenly spread, whatever the past was."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.rounds import has_changed, next_in_round, place_in_round
from audit.states import Evidence

DAYS = 90
ROUND = timedelta(days=DAYS)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
gids = st.uuids().map(str)
times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
rounds = st.timedeltas(timedelta(hours=1), timedelta(days=1000))
TOLERANCE = timedelta(milliseconds=1)


@given(gids, times, rounds)
def test_half_a_round_at_least_and_one_and_a_half_at_most(
    gid: str, now: datetime, length: timedelta
) -> None:
    wait = next_in_round(gid, now, length)
    assert length / 2 - TOLERANCE <= wait <= length * 1.5 + TOLERANCE


@given(gids, times, rounds)
def test_from_its_place_an_entity_comes_back_after_exactly_a_round(
    gid: str, now: datetime, length: timedelta
) -> None:
    place = now + next_in_round(gid, now, length)
    assert abs(next_in_round(gid, place, length) - length) <= TOLERANCE


@given(gids, times, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_late_audit_does_not_move_the_place(gid: str, now: datetime, late: timedelta) -> None:
    place = now + next_in_round(gid, now, ROUND)
    audited = place + late
    assert abs(audited + next_in_round(gid, audited, ROUND) - (place + ROUND)) <= TOLERANCE


def test_the_burst_of_one_day_fills_no_day() -> None:
    entities = 9000
    days: Counter[int] = Counter()
    for number in range(entities):
        # MBIDs in sequence, as an import makes them.
        wait = next_in_round(str(uuid.UUID(int=number)), NOW, ROUND)
        days[wait.days] += 1
    assert len(days) == DAYS
    assert max(days.values()) <= 1.5 * entities / DAYS
    assert min(days.values()) >= 0.5 * entities / DAYS


def test_the_place_never_changes() -> None:
    assert round(place_in_round("0e8b1a2c-3d4e-4f50-8a6b-7c8d9e0f1a2b"), 6) == 0.657998


@pytest.mark.parametrize("length", [timedelta(0), timedelta(microseconds=1)])
def test_nothing_comes_back_at_once(length: timedelta) -> None:
    assert next_in_round("x", NOW, length) == timedelta(seconds=1)


def test_what_counts_as_changed() -> None:
    before = Evidence(index_md5="a", xml_md5="b", fields_digest="c")
    assert not has_changed(before, replace(before, fields_digest="other"))
    assert has_changed(before, replace(before, index_md5="other"))
    assert has_changed(before, replace(before, xml_md5=None))
    assert not has_changed(Evidence(), before)
