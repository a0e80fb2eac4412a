"""``artwork-indexer audit history``: what became of one entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType

import click

from artwork_indexer import event_admin
from artwork_indexer.cli.audit_output import facts, lines, safe, the_entity, told
from artwork_indexer.cli.common import config_option, with_database
from artwork_indexer.cli.output import cell, json_option, print_json
from artwork_indexer.database import Database, Row
from artwork_indexer.errors import InputError
from audit.report import MOST_HISTORY, History, Report

STATE = MappingProxyType(
    {
        "status": "state",
        "last_audit_at": "last audit",
        "last_verdict": "last verdict",
        "next_audit_at": "next audit",
        "return_reason": "returns for",
        "deferral_reason": "no verdict",
        "deferrals": "times in a row",
        "deferred_since": "since",
        "repair_rounds": "repair rounds",
        "crashes": "never finished",
        "claimed_by": "in work at",
        "lease_expires": "until",
        "priority": "priority",
        "seeded_from": "came from",
    }
)
"""Columns of an entity, and what people call them."""


@click.command()
@click.argument("entity", nargs=-1, metavar="[release|event] MBID")
@json_option
@config_option
def history(entity: tuple[str, ...], *, as_json: bool) -> None:
    """Show one entity: its state, open findings, reviews, repairs and past audits.

    Audits that found all well are not kept, but for the first one after trouble.
    """
    entity_type, gid = _named(entity)
    found = with_database(lambda database: _read(database, gid, entity_type))
    if as_json:
        print_json(as_document(found))
        return
    for line in text(found):
        click.echo(line)


def _named(words: tuple[str, ...]) -> tuple[str | None, str]:
    match words:
        case (mbid,):
            return None, event_admin.parse_mbid(mbid)
        case (("release" | "event") as entity_type, mbid):
            return entity_type, event_admin.parse_mbid(mbid)
        case _:
            raise InputError(
                "Name one entity: an MBID, or release or event and an MBID. For example: "
                "artwork-indexer audit history release 16ebbc86-670c-4ad3-980b-bfbd1eee4ff4"
            )


async def _read(database: Database, gid: str, entity_type: str | None) -> History:
    report = Report(database)
    return await report.history(await the_entity(report, gid, entity_type))


def as_document(found: History) -> dict[str, object]:
    """Everything as JSON; ``status`` and the other columns of the entity stand at the top."""
    return {
        **found.entity,
        "findings": found.findings,
        "reviews": found.reviews,
        "repairs": found.repairs,
        "audits": found.audits,
    }


def text(found: History) -> Iterator[str]:
    """Everything for people."""
    entity = found.entity
    yield f"{entity['entity_type']} {entity['gid']}"
    yield from facts(entity, STATE)
    yield from _section("findings now", told(found.findings))
    yield from _section("reviews", (line for row in found.reviews for line in _review(row)))
    yield from _section("repairs", (line for row in found.repairs for line in _repair(row)))
    yield from _section("audits", (line for row in found.audits for line in _audit(row)))
    if MOST_HISTORY in (len(found.reviews), len(found.repairs), len(found.audits)):
        yield f"\nOlder than the newest {MOST_HISTORY} of each: not shown."


def _section(title: str, told_lines: Iterable[str]) -> Iterator[str]:
    yield f"\n{title}"
    empty = True
    for line in told_lines:
        empty = False
        yield f"  {line}"
    if empty:
        yield "  none"


def _review(row: Row) -> Iterator[str]:
    end = ""
    if row["status"] != "open":
        end = f" {cell(row['resolved_at'])} by {safe(row['resolved_by'] or 'nobody')}"
    yield f"{cell(row['created_at'])}  review {row['id']}: {row['status'].replace('_', ' ')}{end}"
    for line in lines(row["review_reason"]):
        yield f"    {line}"
    if row["resolution_notes"]:
        yield f"    notes: {safe(row['resolution_notes'])}"


def _repair(row: Row) -> Iterator[str]:
    what = row["action"] or "event"
    absorbed = ", was queued already" if row["absorbed"] else ""
    state = row["state"] or ("taken out of the queue" if row["ended_at"] else "unknown")
    checked = f", checked {cell(row['verified_at'])}" if row["verified_at"] else ""
    yield (
        f"{cell(row['enqueued_at'])}  event {row['event']}: {what} {state}{absorbed}"
        f"  (round {row['round']}: {', '.join(row['kinds'])}{checked})"
    )
    if row["failure_reason"]:
        yield f"    {safe(row['failure_reason'])}"


def _audit(row: Row) -> Iterator[str]:
    why = f": {safe(row['reason'])}" if row["reason"] not in (None, row["verdict"]) else ""
    events = f"  (events {', '.join(map(str, row['events']))})" if row["events"] else ""
    yield f"{cell(row['audited_at'])}  {row['verdict'].replace('_', ' ')}{why}{events}"
    for finding in row["findings"]:
        yield f"    {safe(str(finding['message']))}  [{finding['kind']}]"
