"""What becomes of an event that did not complete."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    NotYet,
    Outage,
    Overloaded,
    PermanentError,
    Snooze,
    TransientError,
)
from artwork_indexer.retries import (
    Fail,
    Pause,
    Retry,
    Wait,
    as_event_error,
    fate_of,
    retry_delay,
)

chances = st.floats(min_value=0, max_value=1, exclude_max=True)
attempts = st.integers(min_value=1, max_value=40)
seconds = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("attempt", "least", "most"),
    [(1, 60, 75), (2, 300, 375), (3, 1500, 1875), (4, 7500, 9375), (9, 86_400, 86_400)],
)
def test_delays_grow_fivefold_with_a_quarter_of_jitter(
    attempt: int, least: float, most: float
) -> None:
    assert retry_delay(attempt, lambda: 0.0) == least
    assert retry_delay(attempt, lambda: 1.0) == most


@given(attempts, chances)
def test_no_retry_comes_before_a_minute_or_after_a_day(attempt: int, chance: float) -> None:
    assert 60 <= retry_delay(attempt, lambda: chance) <= 86_400


@given(attempts, chances, chances)
def test_a_later_try_never_waits_less(attempt: int, one: float, other: float) -> None:
    if attempt < 4:
        assert retry_delay(attempt, lambda: one) < retry_delay(attempt + 1, lambda: other)


def test_jitter_spreads_events_that_failed_together() -> None:
    source = random.Random(1)
    delays = {round(retry_delay(1, source.random)) for _ in range(200)}
    assert len(delays) > 10


@given(attempts, st.integers(min_value=1, max_value=40), chances)
def test_a_transient_error_is_retried_until_the_attempts_are_used(
    used: int, most: int, chance: float
) -> None:
    fate = fate_of(TransientError("x"), attempts=used, max_attempts=most, chance=lambda: chance)
    assert isinstance(fate, Fail if used >= most else Retry)


@given(attempts, st.integers(min_value=1, max_value=40))
def test_a_permanent_error_fails_at_the_first_try(used: int, most: int) -> None:
    error = PermanentError("x")
    assert fate_of(error, attempts=used, max_attempts=most, chance=random.random) == Fail()


@given(seconds, attempts)
def test_weakness_S_waits_use_no_attempt_and_are_never_absurd(asked: float, used: int) -> None:
    for error in (Snooze("x", seconds=asked), NotYet("x", seconds=asked)):
        fate = fate_of(error, attempts=used, max_attempts=1, chance=random.random)
        assert isinstance(fate, Wait)
        assert 1 <= fate.seconds <= 86_400


@given(seconds, st.sampled_from([Overloaded, Outage, CredentialsRefused]))
def test_weakness_S_trouble_of_a_service_pauses_the_service(
    asked: float, kind: type[Overloaded | Outage | CredentialsRefused]
) -> None:
    error = kind("x", service="archive", seconds=asked)
    fate = fate_of(error, attempts=9, max_attempts=1, chance=random.random)
    assert isinstance(fate, Pause)
    assert fate.service == "archive"
    assert 1 <= fate.seconds <= 86_400


def test_what_a_service_asks_for_is_kept_when_it_is_sensible() -> None:
    error = Overloaded("x", service="archive", seconds=120)
    assert fate_of(error, attempts=1, max_attempts=5, chance=random.random) == Pause("archive", 120)
    assert math.isclose(120, error.seconds)


def test_an_unforeseen_error_is_transient_and_named() -> None:
    error = as_event_error(KeyError("suffix"))
    assert isinstance(error, TransientError)
    assert str(error) == "KeyError: 'suffix'"


def test_only_the_first_line_of_a_driver_message_is_kept() -> None:
    error = as_event_error(ValueError("bad input\nDETAIL: value was hunter2"))
    assert str(error) == "ValueError: bad input"


def test_an_error_without_text_is_its_class() -> None:
    assert str(as_event_error(RuntimeError())) == "RuntimeError"


def test_our_own_errors_stay_what_they_are() -> None:
    error: EventError = PermanentError("x", status=400)
    assert as_event_error(error) is error
