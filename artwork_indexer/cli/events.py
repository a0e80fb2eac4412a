"""``artwork-indexer events``: look at the queue and mend it."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from artwork_indexer import event_admin
from artwork_indexer.cli.common import config_option, with_database
from artwork_indexer.cli.output import age, cell, json_option, print_json, print_table
from artwork_indexer.database import Database, Row
from artwork_indexer.errors import InputError
from artwork_indexer.event_queue import Action

STATES = ("queued", "running", "failed", "completed")
ACTIONS = tuple(action.value for action in Action)
LIST_COLUMNS = ("id", "state", "action", "mbid", "tries", "age", "why")
DETAILS = (
    "id", "state", "entity_type", "action", "message", "depends_on", "origin", "priority",
    "attempts", "crashes", "created", "last_updated", "run_after", "waits_for", "snoozed_since",
    "claimed_by", "claimed_at", "lease_expires", "completed_at", "remark",
)  # fmt: skip


@click.group()
@config_option
def events() -> None:
    """Look at the queue and mend it."""


@events.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only events in this state.")
@click.option("--action", type=click.Choice(ACTIONS), help="Only events of this action.")
@click.option(
    "--entity", "entity_type", type=click.Choice(["release", "event"]), help="Only this archive."
)
@click.option("--mbid", help="Only events that touch this MBID.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@json_option
@config_option
def list_command(
    state: str | None,
    action: str | None,
    entity_type: str | None,
    mbid: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """List events, the newest first."""
    gid = event_admin.parse_mbid(mbid) if mbid else None
    wanted = event_admin.Filter(state=state, action=action, entity_type=entity_type, gid=gid)
    rows = with_database(lambda database: event_admin.list_events(database, wanted, limit))
    if as_json:
        print_json(rows)
        return
    print_table([summary(row) for row in rows], LIST_COLUMNS, empty="No such events.")


def summary(row: Row) -> Row:
    """An event as one line of a list."""
    message = row["message"] if isinstance(row["message"], dict) else {}
    why = row["remark"] or (row["failure_reason"] if row["state"] != "completed" else None)
    if row["state"] == "queued" and row["waits_for"] == "parent":
        why = f"waits for {cell(row['depends_on'])}"
    elif row["state"] == "queued" and row["waits_for"] == "time":
        why = f"not before {cell(row['run_after'])}{f': {why}' if why else ''}"
    return {
        **row,
        "mbid": message.get("gid") or message.get("new_gid"),
        "tries": row["attempts"],
        "age": age(row["last_updated"], datetime.now(UTC)),
        "why": why,
    }


@events.command("show")
@click.argument("event", type=click.IntRange(1))
@json_option
@config_option
def show_command(event: int, *, as_json: bool) -> None:
    """Show one event with its failure reasons, parents and dependents."""
    row = with_database(lambda database: event_admin.show_event(database, event))
    if as_json:
        print_json(row)
        return
    for name in DETAILS:
        if row[name] is not None:
            click.echo(f"{name:14} {cell(row[name])}")
    for name in ("parents", "dependents"):
        for other in row[name]:
            click.echo(f"{name[:-1]:14} {other['id']} {other['action']} {other['state']}")
    for reason in row["failure_reasons"]:
        click.echo(f"\n{reason['created']} try {reason['attempt']} {reason['error_class'] or ''}")
        click.echo(f"  {reason['failure_reason']}")


@events.command("requeue")
@click.argument("event", nargs=-1, type=click.IntRange(1))
@click.option("--all", "everything", is_flag=True, help="All that failed by themselves.")
@click.option("--action", type=click.Choice(ACTIONS), help="With --all: only this action.")
@json_option
@config_option
def requeue_command(
    event: tuple[int, ...], action: str | None, *, everything: bool, as_json: bool
) -> None:
    """Queue failed events again; their failed dependents come along."""
    if bool(event) == everything:
        raise InputError("Name the events to requeue, or say --all.")

    async def work(database: Database) -> list[Row]:
        wanted = await event_admin.failed_events(database, action) if everything else event
        return await event_admin.requeue(database, wanted, skip_incomplete=everything)

    rows = with_database(work)
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("event", "outcome"), empty="Nothing failed.")


@events.command("cancel")
@click.argument("event", nargs=-1, required=True, type=click.IntRange(1))
@json_option
@config_option
def cancel_command(event: tuple[int, ...], *, as_json: bool) -> None:
    """Cancel queued events; everything that depends on them fails."""
    rows = with_database(lambda database: event_admin.cancel(database, event))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        also = f", {row['dependents']} dependents failed with it" if row["dependents"] else ""
        click.echo(f"Event {row['event']} is cancelled{also}.")
