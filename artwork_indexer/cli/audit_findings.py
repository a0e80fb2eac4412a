"""``artwork-indexer audit findings``: what is wrong now."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

import click

from artwork_indexer import event_admin
from artwork_indexer.cli.audit_output import SEVERITIES, safe, the_entity, told
from artwork_indexer.cli.common import config_option, with_database
from artwork_indexer.cli.output import cell, json_option, print_json, print_table
from artwork_indexer.database import Database, Row
from artwork_indexer.errors import InputError
from audit.catalogue import BY_ID
from audit.catalogue_item import XML_FIELDS
from audit.report import KindCount, Report, Wanted

Command = TypeVar("Command", bound=Callable[..., Any])

LIST_COLUMNS = ("severity", "kind", "entity", "mbid", "since", "message")
COUNT_COLUMNS = ("severity", "kind", "findings", "entities", "won't fix", "what")


def finding_options(command: Command) -> Command:
    """Add ``--kind`` (may be repeated) and ``--severity``."""
    for decorate in (
        click.option("--severity", type=click.Choice(SEVERITIES), help="Only this severity."),
        click.option(
            "--kind", "kinds", multiple=True, metavar="ID", help="Only this kind; repeat for more."
        ),
    ):
        command = decorate(command)
    return command


@click.command()
@finding_options
@click.option(
    "--entity", "entity_type", type=click.Choice(["release", "event"]), help="Only this archive."
)
@click.option("--mbid", help="Only this entity.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--summary", is_flag=True, help="Count them by kind instead.")
@json_option
@config_option
def findings(
    kinds: tuple[str, ...],
    severity: str | None,
    entity_type: str | None,
    mbid: str | None,
    limit: int,
    *,
    summary: bool,
    as_json: bool,
) -> None:
    """List what is wrong now, the gravest first, or count it with --summary.

    docs/audit-reference.md explains every kind.
    """
    known_kinds(kinds)
    gid = event_admin.parse_mbid(mbid) if mbid else None
    wanted = Wanted(kinds or None, severity, entity_type)
    if summary:
        tell_counts(with_database(lambda it: _counts(it, wanted, gid)), as_json=as_json)
    else:
        # One more than is shown tells whether there are more.
        rows = with_database(lambda it: _rows(it, wanted, gid, limit + 1))
        tell_rows(rows[:limit], is_all=len(rows) <= limit, as_json=as_json)


def known_kinds(kinds: Sequence[str]) -> None:
    """Refuse what is no kind of finding.

    Raises:
        InputError: it names the kind that may have been meant.
    """
    for kind in kinds:
        if kind not in BY_ID:
            near = difflib.get_close_matches(kind, BY_ID, 1)
            hint = f"Did you mean {near[0]}?" if near else "See docs/audit-reference.md."
            raise InputError(f"There is no kind of finding '{safe(kind)}'. {hint}")


async def _about(database: Database, wanted: Wanted, gid: str | None) -> Wanted:
    if gid is None:
        return wanted
    entity = await the_entity(Report(database), gid, wanted.entity_type)
    return Wanted(wanted.kinds, wanted.severity, entities=[entity["id"]])


async def _counts(database: Database, wanted: Wanted, gid: str | None) -> list[KindCount]:
    return await Report(database).kinds(await _about(database, wanted, gid))


async def _rows(database: Database, wanted: Wanted, gid: str | None, most: int) -> list[Row]:
    return await Report(database).findings(await _about(database, wanted, gid), most)


def tell_counts(counts: Sequence[KindCount], *, as_json: bool) -> None:
    """Print how often each kind is present, and of the XML document each field."""
    by_kind = {count.kind: count.findings for count in counts}
    fields = {field: by_kind.get(kind.id, 0) for field, kind in XML_FIELDS.items()}
    if as_json:
        rows = [_count(count) for count in counts]
        print_json({"findings": sum(by_kind.values()), "kinds": rows, "xml_fields": fields})
        return
    table = [{**_count(count), "won't fix": count.acknowledged or None} for count in counts]
    print_table(table, COUNT_COLUMNS, empty="No such findings.")
    if any(fields.values()):
        shown = ", ".join(f"{name} {amount:,}" for name, amount in fields.items() if amount)
        click.echo(f"\nmb_metadata.xml by field (see [audit] xml_fields): {shown}")


def _count(count: KindCount) -> dict[str, object]:
    kind = BY_ID.get(count.kind)
    return {
        "kind": count.kind,
        "severity": count.severity,
        "findings": count.findings,
        "entities": count.entities,
        "acknowledged": count.acknowledged,
        "what": kind.title if kind else None,
    }


def tell_rows(rows: Sequence[Row], *, is_all: bool, as_json: bool) -> None:
    """Print findings, and on standard error how to see more of them."""
    if as_json:
        print_json(rows)
    elif rows and sys.stdout.isatty():
        for line in _by_entity(rows):
            click.echo(line)
    else:
        print_table([_summary(row) for row in rows], LIST_COLUMNS, empty="No such findings.")
    if not is_all:
        click.echo(
            f"Only the first {len(rows)} are shown. To see more: --limit N; to count them: "
            "--summary; to get all: artwork-indexer audit export",
            err=True,
        )


def _by_entity(rows: Sequence[Row]) -> Iterator[str]:
    """For a terminal, where MBID, kind and message do not fit into one line."""
    for (entity_type, gid), found in groupby(rows, key=itemgetter("entity_type", "gid")):
        yield f"{entity_type} {gid}"
        for row in found:
            (line,) = told([{**row, "details": None}])
            yield f"  {line}  since {cell(row['first_seen'])[:10]}"


def _summary(row: Row) -> Row:
    accepted = "won't fix: " if row["acknowledged"] else ""
    return {
        **row,
        "entity": row["entity_type"],
        "mbid": row["gid"],
        "since": cell(row["first_seen"])[:10],
        "message": accepted + safe(row["message"]),
    }
