"""The gate of a service: when it shuts, for how long, and who goes first afterwards."""

from __future__ import annotations

import asyncio

import pytest

from artwork_indexer.errors import (
    CredentialsRefused,
    EventError,
    Outage,
    Overloaded,
    PermanentError,
    ServicePaused,
    TransientError,
)
from artwork_indexer.gate import FAILURES_IN_A_ROW, LONGEST_PAUSE, Gate


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> Gate:
    return Gate("archive", pause_seconds=60, clock=clock, courtesy_seconds=0)


async def fail(gate: Gate, subject: str, error: EventError | None = None) -> EventError:
    ticket = await gate.enter(subject)
    return gate.failed(ticket, subject, error or TransientError("HTTP 500", status=500))


async def succeed(gate: Gate, subject: str = "ok") -> None:
    gate.succeeded(await gate.enter(subject))


async def trip(gate: Gate) -> EventError:
    errors = [await fail(gate, f"item {number}") for number in range(FAILURES_IN_A_ROW)]
    assert [type(error) for error in errors[:-1]] == [TransientError] * (FAILURES_IN_A_ROW - 1)
    return errors[-1]


async def test_five_failures_in_a_row_trip_the_breaker(gate: Gate, clock: Clock) -> None:
    outage = await trip(gate)
    assert isinstance(outage, Outage)
    assert (outage.service, outage.seconds, outage.status) == ("archive", 60, 500)

    clock.now += 20
    with pytest.raises(Outage) as refused:
        await gate.enter("another")
    assert refused.value.seconds == 40


async def test_a_success_starts_the_count_again(gate: Gate) -> None:
    for _ in range(3):
        for number in range(FAILURES_IN_A_ROW - 1):
            assert isinstance(await fail(gate, f"item {number}"), TransientError)
        await succeed(gate)


async def test_one_subject_alone_never_trips_it(gate: Gate) -> None:
    for _ in range(20):
        assert isinstance(await fail(gate, "item"), TransientError)


@pytest.mark.parametrize(
    "error",
    [
        PermanentError("HTTP 400", status=400),
        CredentialsRefused("HTTP 403", service="caa-keys", seconds=900),
    ],
)
async def test_an_answer_that_is_a_proper_refusal_shows_a_working_service(
    gate: Gate, error: EventError
) -> None:
    for number in range(FAILURES_IN_A_ROW - 1):
        await fail(gate, f"item {number}")
    assert await fail(gate, "x", error) is error
    assert isinstance(await fail(gate, "y"), TransientError)


async def test_pauses_double_while_probes_fail_and_end_with_a_success(
    gate: Gate, clock: Clock
) -> None:
    await trip(gate)
    for expected in (120, 240, 480, 900, 900):
        clock.now += LONGEST_PAUSE
        outage = await fail(gate, f"probe {expected}")
        assert isinstance(outage, Outage)
        assert outage.seconds == expected
    clock.now += LONGEST_PAUSE
    await succeed(gate)
    assert isinstance(await fail(gate, "z"), TransientError)
    gate.check()


async def test_no_connection_shuts_at_once(gate: Gate, clock: Clock) -> None:
    outage = await fail(gate, "a", Outage("refused", service="archive", seconds=60))
    assert isinstance(outage, Outage)
    with pytest.raises(Outage, match="refused"):
        gate.check()
    clock.now += 61
    again = await fail(gate, "b", Outage("refused", service="archive", seconds=60))
    assert isinstance(again, Outage)
    assert again.seconds == 120


async def test_overload_shuts_for_as_long_as_was_asked(gate: Gate, clock: Clock) -> None:
    error = Overloaded("HTTP 503", service="archive", seconds=7, status=503)
    assert await fail(gate, "a", error) is error
    with pytest.raises(Overloaded) as refused:
        gate.check()
    assert refused.value.status == 503
    clock.now += 7
    await succeed(gate)
    gate.check()


async def test_a_result_from_before_the_closure_changes_nothing(gate: Gate, clock: Clock) -> None:
    early, late = await gate.enter("early"), await gate.enter("late")
    await fail(gate, "a", Overloaded("HTTP 503", service="archive", seconds=60, status=503))
    gate.succeeded(early)
    gate.failed(late, "late", Outage("refused", service="archive", seconds=60))
    clock.now += 59
    with pytest.raises(Overloaded):
        gate.check()


async def test_one_probe_at_a_time_and_the_others_wait_for_it(gate: Gate, clock: Clock) -> None:
    await trip(gate)
    clock.now += 60
    probe = await gate.enter("probe")
    others = [asyncio.create_task(gate.enter(f"other {number}")) for number in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in others)
    gate.succeeded(probe)
    assert len(set(await asyncio.gather(*others))) == 1


async def test_the_others_are_refused_when_the_probe_fails(gate: Gate, clock: Clock) -> None:
    await trip(gate)
    clock.now += 60
    probe = await gate.enter("probe")
    other = asyncio.create_task(gate.enter("other"))
    await asyncio.sleep(0)
    gate.failed(probe, "probe", TransientError("HTTP 500", status=500))
    with pytest.raises(ServicePaused):
        await other


async def test_an_abandoned_probe_lets_the_next_one_try(gate: Gate, clock: Clock) -> None:
    await trip(gate)
    clock.now += 60
    probe = await gate.enter("probe")
    other = asyncio.create_task(gate.enter("other"))
    await asyncio.sleep(0)
    gate.abandoned(probe)
    gate.succeeded(await other)
    gate.check()


async def test_a_subject_that_failed_lets_others_be_the_probe(clock: Clock) -> None:
    gate = Gate("archive", pause_seconds=60, clock=clock, courtesy_seconds=0.05)
    await trip(gate)
    clock.now += 60
    failed_before = asyncio.create_task(gate.enter("item 0"))
    await asyncio.sleep(0)
    gate.succeeded(await gate.enter("fresh"))
    await failed_before
    gate.check()


async def test_opening_by_hand(gate: Gate) -> None:
    await trip(gate)
    gate.open()
    gate.check()
    assert isinstance(await fail(gate, "a"), TransientError)
