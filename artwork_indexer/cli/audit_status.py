"""``artwork-indexer audit status``: how far the audit is, and what holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import click

from artwork_indexer.cli.audit_output import safe
from artwork_indexer.cli.common import config_option, load_config, with_database
from artwork_indexer.cli.output import cell, json_option, print_json
from audit.obstacles import Obstacle, obstacles, span
from audit.progress import Budget, Pace, Probation
from audit.report_status import ENTITY_TYPES, STATES, Status, read_status

MODES = {
    "report": "report: findings are recorded, nothing is repaired",
    "repair": "repair: what is safe to repair is queued",
}
TRIALS = {
    "proven": "proven",
    "trying": "trying",
    "waiting": "waits until those begun are verified",
    "failed": "did not hold, no more until: artwork-indexer audit resume",
}
LIFETIME = 50 * 365 * 24
"""In hours; nobody waits for longer."""


@click.command()
@json_option
@config_option
def status(*, as_json: bool) -> None:
    """Show how far the audit is, what it may still spend, and what holds it.

    Counts of entities are exact; with five million of them that takes about a second.
    """
    audit = load_config().audit
    found = with_database(lambda database: read_status(database, audit))
    if as_json:
        print_json(as_document(found))
        return
    for line in text(found):
        click.echo(line)


def as_document(status: Status) -> dict[str, object]:
    """The figures as JSON; budgets without a limit have null."""
    population, activity = status.population, status.activity
    return {
        "time": status.now,
        "enabled": status.audit.enabled,
        "mode": status.audit.mode,
        "total": population.total,
        "states": {state: population.in_state(state) for state in STATES},
        "entity_types": {
            name: {"total": population.of_type(name), "states": states}
            for name, states in population.states.items()
        },
        "due_now": population.due,
        "seconds_until_due": status.next_due,
        "obstacles": [asdict(obstacle) for obstacle in obstacles(status)],
        "holds": {hold.name: _without(asdict(hold), "name") for hold in status.holds},
        "paused_services": [asdict(pause) for pause in status.pauses],
        "rate": {
            "last_hour": activity.begun_hour,
            "last_24_hours": activity.begun_day,
            "per_hour": status.pace.measured,
        },
        "pass": {
            "allowed_per_hour": status.pace.allowed,
            "hours": status.pace.hours,
            "never": status.pace.never,
        },
        "budgets": {budget.key: _budget(budget) for budget in status.budgets},
        "outstanding_repairs": _budget(status.outstanding),
        "probation": [asdict(trial) for trial in status.probation],
        "open_reviews": status.open_reviews,
        "deferred_by_reason": population.deferred,
        "last_24_hours": {
            "verdicts": {state: activity.verdicts.get(state, 0) for state in STATES[2:]},
            "repairs": activity.repairs,
        },
    }


def _without(row: dict[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in row.items() if key != name}


def _budget(budget: Budget) -> dict[str, int | None]:
    return {"limit": budget.limit, "spent": budget.spent, "left": budget.left}


def text(status: Status) -> Iterator[str]:
    """The same for people: first what is wrong, then the figures."""
    yield from headline(status, obstacles(status))
    yield ""
    yield _line("mode", MODES[status.audit.mode])
    yield _line("due now", f"{status.population.due:,}")
    yield _line("pass ends", end_of(status.pace, status.now))
    yield _line("open reviews", _reviews(status.open_reviews))
    for pause in status.pauses:
        left = f"{pause.service}, {span(pause.seconds)} more"
        yield _line("service paused", f"{left}: {safe(pause.reason or 'no reason given')}")
    yield ""
    yield from _population(status)
    yield ""
    yield from _last_day(status)
    yield ""
    yield from _budgets([*status.budgets, status.outstanding])
    if status.probation:
        yield ""
        yield from _probation(status.probation, status.audit.probation_repairs)


def headline(status: Status, found: Sequence[Obstacle]) -> Iterator[str]:
    """Whether audits go on, and otherwise why not and what helps."""
    activity = status.activity
    if not found:
        yield (
            f"Audits go on: {activity.begun_hour:,} began in the last hour, "
            f"{activity.begun_day:,} in the last 24 hours."
        )
        return
    yield click.style("Nothing is audited now.", bold=True)
    for obstacle in found:
        yield f"  {safe(obstacle.problem)}"
        yield f"    -> {obstacle.remedy}"


def end_of(pace: Pace, now: datetime) -> str:
    """When all that is due will have been audited."""
    if pace.hours == 0:
        return "nothing is due"
    allowed = "" if pace.allowed is None else f"; the budgets allow {pace.allowed:,.0f} an hour"
    if pace.hours is None:
        return f"never: {pace.never}{allowed}"
    rates = f"{pace.measured:,.0f} an hour lately{allowed}"
    if pace.hours > LIFETIME:
        return f"never, in practice: {rates}"
    end = cell(now + timedelta(hours=pace.hours))[:16]
    return f"in about {span(pace.hours * 3600)}, {end} ({rates})"


def _reviews(amount: int) -> str:
    return f"{amount:,}, see: artwork-indexer review list" if amount else "none"


def _line(name: str, value: str) -> str:
    return f"{name:16} {value}"


def _row(name: str, *cells: object) -> str:
    return f"{name:26}" + "".join(
        f"{value:>12,}" if isinstance(value, int) else f"{value!s:>12}" for value in cells
    )


def _population(status: Status) -> Iterator[str]:
    population = status.population
    yield _row("entities", "all", *(f"{name}s" for name in ENTITY_TYPES))
    for state in STATES:
        yield _row(
            state,
            population.in_state(state),
            *(states[state] for states in population.states.values()),
        )
    yield _row("total", population.total, *map(population.of_type, population.states))
    for reason, amount in population.deferred.items():
        yield f"  deferred {amount:,}: {reason}"


def _last_day(status: Status) -> Iterator[str]:
    activity = status.activity
    yield _row("last 24 hours", "verdicts")
    for state in STATES[2:]:
        if activity.verdicts.get(state):
            yield _row(state, activity.verdicts[state])
    yield _row("repair events queued", activity.repairs)


def _budgets(budgets: Sequence[Budget]) -> Iterator[str]:
    yield _row("budgets", "limit", "spent", "left")
    for budget in budgets:
        limit = "none" if budget.limit is None else budget.limit
        left = "any number" if budget.left is None else budget.left
        yield _row(budget.key, limit, budget.spent, left)


def _probation(trials: Sequence[Probation], wanted: int) -> Iterator[str]:
    yield _row(f"probation of {wanted} repairs", "begun", "held", "failed")
    for trial in trials:
        counts = _row(trial.kind, trial.started, trial.verified, trial.failed)
        yield f"{counts}  {TRIALS[trial.state]}"
