"""Why nothing is audited, and which command or key changes that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from artwork_indexer.services import ARCHIVE
from audit.guardrails import BRAKE, Hold
from audit.report_status import Status

RESUME: Final = "artwork-indexer audit resume"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that keeps audits from beginning, and what a person can do about it."""

    problem: str
    remedy: str


def obstacles(status: Status) -> list[Obstacle]:
    """What holds all audits back now, the plainest first; empty when nothing does."""
    found = [*_by_people(status), *_by_limits(status)]
    if found:
        return found
    if status.population.due == 0:
        return [_nothing_due(status)]
    if status.activity.begun_hour == 0:
        return [_no_daemon(status)]
    return []


def _by_people(status: Status) -> Iterator[Obstacle]:
    if not status.audit.enabled:
        yield Obstacle(
            "The audit is switched off: [audit] enabled = no.",
            "set it to yes, then: systemctl reload artwork-indexer",
        )
    for hold in status.holds:
        yield _hold(hold)


def _hold(hold: Hold) -> Obstacle:
    since = f"since {hold.since.astimezone():%Y-%m-%d %H:%M}"
    if hold.name == BRAKE:
        return Obstacle(
            f"The brake is on {since}: {hold.reason}",
            f"look at: artwork-indexer audit findings --summary; if it is right, then: {RESUME}",
        )
    person = f" by {hold.held_by}" if hold.held_by else ""
    return Obstacle(f"Audits are paused {since}{person}: {hold.reason}", RESUME)


def _by_limits(status: Status) -> Iterator[Obstacle]:
    for pause in status.pauses:
        if pause.service == ARCHIVE:
            yield Obstacle(
                f"The Internet Archive is left alone for {span(pause.seconds)} more: "
                f"{pause.reason or 'no reason given'}",
                "wait; it ends by itself",
            )
    for budget in status.budgets:
        if not budget.key.startswith("entities_") or budget.left != 0:
            continue
        if budget.limit == 0:
            yield Obstacle(f"{budget.key} = 0 allows no audit.", "raise it in section [audit]")
        else:
            yield Obstacle(
                f"{budget.key} = {budget.limit} is used up.",
                "wait; room comes back as the time passes",
            )


def _nothing_due(status: Status) -> Obstacle:
    if status.population.total == 0:
        return Obstacle("No entity is under audit.", "artwork-indexer audit seed --help")
    if status.next_due is None:
        return Obstacle(
            "Nothing is due, nor will be by itself.", "artwork-indexer audit recheck --help"
        )
    return Obstacle(f"Nothing is due; the next entity is in {span(status.next_due)}.", "wait")


def _no_daemon(status: Status) -> Obstacle:
    """Nothing that this program knows of is in the way, and yet nobody audits."""
    if status.ready_events:
        return Obstacle(
            f"No audit began in the last hour: events go first, and {status.ready_events:,} of "
            "them wait to be taken.",
            "artwork-indexer events list --state queued",
        )
    return Obstacle(
        "No audit began in the last hour: perhaps no daemon runs.", "artwork-indexer doctor"
    )


def span(seconds: float) -> str:
    """A length of time in the unit that suits it."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{max(0, seconds):.0f} seconds"
