"""``artwork-indexer audit plan``: the coming days against what the limits allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click

from artwork_indexer.cli.audit_output import safe
from artwork_indexer.cli.common import config_option, load_config, with_database
from artwork_indexer.cli.output import json_option, print_json, print_table
from artwork_indexer.sentences import number_of
from audit.plan_ahead import Ahead, promise, read_plan

COLUMNS = ("day", "waiting", "due", "audited", "left over")


@click.command()
@click.option(
    "--days", default=14, show_default=True, type=click.IntRange(1, 366), help="How far to look."
)
@json_option
@config_option
def plan(days: int, *, as_json: bool) -> None:
    """Show how many audits are due on the coming days, and whether the limits allow them.

    Waiting is what is due before the day begins. Days begin now, not at midnight. With five
    million entities it takes about a second.
    """
    config = load_config()
    ahead = with_database(lambda database: read_plan(database, config, days))
    if as_json:
        print_json(as_document(ahead))
        return
    for line in headline(ahead):
        click.echo(line)
    rows = [
        {
            "day": day.begins.isoformat(),
            "waiting": f"{day.waiting:,}",
            "due": f"{day.due:,}",
            "audited": f"{day.audited:,}",
            "left over": f"{day.left:,}",
        }
        for day in ahead.days
    ]
    click.echo()
    print_table(rows, COLUMNS, empty="")


def as_document(ahead: Ahead) -> dict[str, object]:
    """The plan as JSON; without a limit, ``limit`` is null."""
    return {
        "total": ahead.due.total,
        "never_audited": ahead.due.never_audited,
        "overdue": ahead.due.overdue,
        "later": ahead.due.later,
        "reaudit_days": ahead.reaudit_days,
        "full_pass_days": ahead.pass_days,
        "is_kept": ahead.is_kept,
        "limit": ahead.limit and {"key": ahead.limit.key, "per_hour": ahead.limit.per_hour},
        "enabled": ahead.enabled,
        "holds": [hold.name for hold in ahead.holds],
        "sentences": list(headline(ahead)),
        "days": [{**asdict(day), "begins": day.begins.isoformat()} for day in ahead.days],
    }


def headline(ahead: Ahead) -> Iterator[str]:
    """What matters, in sentences."""
    yield from promise(ahead)
    due = ahead.due
    if due.total:
        yield (
            f"Coming up by itself: {number_of(due.total, 'entity', 'entities')}. "
            f"{due.never_audited:,} for the first time, {due.overdue:,} due again, "
            f"{sum(due.days):,} in these days, {due.later:,} later."
        )
    if not ahead.enabled:
        yield "[audit] enabled = no: this is what would be."
    for hold in ahead.holds:
        yield f"Audits are held ({hold.name}: {safe(hold.reason)}): this is what would be."
