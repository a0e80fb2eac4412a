"""``artwork-indexer review``: what waits for a person's decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import click

from artwork_indexer.cli.audit_findings import known_kinds
from artwork_indexer.cli.audit_output import facts, lines, login, safe, told
from artwork_indexer.cli.common import config_option, with_database
from artwork_indexer.cli.output import age, cell, json_option, print_json, print_table
from artwork_indexer.database import Database
from artwork_indexer.errors import ArtworkIndexerError, InputError
from audit.report import Report
from audit.review import Answer, Filter, OpenFinding, Review, Reviews, Status, links

STATUSES = ("open", "resolved", "wont_fix")
LIST_COLUMNS = ("id", "entity", "mbid", "age", "why")
FACTS = MappingProxyType(
    {
        "status": "state",
        "created_at": "asked",
        "resolved_at": "closed",
        "resolved_by": "by",
        "resolution_notes": "notes",
    }
)
CLOSED = MappingProxyType({"resolved": "resolved", "wont_fix": "closed as won't fix"})


@click.group()
@config_option
def review() -> None:
    """What waits for a person's decision."""


@review.command("list")
@click.option("--status", type=click.Choice(STATUSES), default="open", show_default=True)
@click.option(
    "--entity", "entity_type", type=click.Choice(["release", "event"]), help="Only this archive."
)
@click.option("--kind", metavar="ID", help="Only with this kind of finding.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@json_option
@config_option
def list_command(
    status: Status, entity_type: str | None, kind: str | None, limit: int, *, as_json: bool
) -> None:
    """List reviews, the oldest first."""
    known_kinds([kind] if kind else [])
    wanted = Filter(status, entity_type, kind, limit)

    async def work(database: Database) -> tuple[list[Review], int]:
        return await Reviews(database).find(wanted), await Report(database).reviews(status)

    reviews, amount = with_database(work)
    if as_json:
        print_json([as_document(one) for one in reviews])
    else:
        empty = f"No {'such' if entity_type or kind else status.replace('_', ' ')} reviews."
        print_table([_summary(one) for one in reviews], LIST_COLUMNS, empty=empty)
    if len(reviews) == limit < amount:
        click.echo(
            f"The {limit} oldest are shown; {amount:,} reviews are in this state. "
            "To see more: --limit N",
            err=True,
        )


def _summary(one: Review) -> dict[str, object]:
    reasons = lines(one.review_reason)
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return {
        "id": one.id,
        "entity": one.entity_type,
        "mbid": one.gid,
        "age": age(one.created_at, datetime.now(UTC)),
        "why": "".join(reasons[:1]) + more,
    }


def as_document(one: Review) -> dict[str, object]:
    """A review as JSON, with links for a person."""
    return {
        "id": one.id,
        "status": one.status,
        "entity_type": one.entity_type,
        "gid": one.gid,
        "reasons": one.review_reason.splitlines(),
        "created_at": one.created_at,
        "resolved_at": one.resolved_at,
        "resolved_by": one.resolved_by,
        "resolution_notes": one.resolution_notes,
        "details": one.details,
        "links": _links(one),
    }


def _links(one: Review) -> Mapping[str, Any]:
    """Where to look; the database keeps them without their order."""
    kept = one.details.get("links")
    images = sorted(kept.items()) if isinstance(kept, Mapping) else ()
    return {**links(one.entity_type, one.gid), **dict(images)}


@review.command("show")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@json_option
@config_option
def show_command(number: int, *, as_json: bool) -> None:
    """Show one review: why a person is asked, the evidence, and where to look."""
    one, findings = with_database(lambda database: _show(database, number))
    if as_json:
        print_json({**as_document(one), "findings_now": [_finding(now) for now in findings]})
        return
    for line in text(one, findings):
        click.echo(line)


async def _show(database: Database, number: int) -> tuple[Review, list[OpenFinding]]:
    try:
        return await Reviews(database).show(number)
    except InputError as error:
        raise ArtworkIndexerError(str(error)) from error


def _finding(now: OpenFinding) -> dict[str, object]:
    return {name: getattr(now, name) for name in now.__slots__}


def text(one: Review, findings: list[OpenFinding]) -> Iterator[str]:
    """A review for people: the question first, then what helps to answer it."""
    yield f"review {one.id}: {one.entity_type} {one.gid}"
    yield from facts({name: getattr(one, name) for name in FACTS}, FACTS)
    yield "\nwhy a person is asked"
    for reason in lines(one.review_reason):
        yield f"  {reason}"
    asked = one.details.get("findings")
    evidence = asked if isinstance(asked, list) else []
    known = {finding.get("digest") for finding in evidence}
    yield from _section("evidence", evidence)
    yield from _section(
        "also found by now", (f for f in map(_finding, findings) if f["digest"] not in known)
    )
    yield "\nwhere to look"
    for name, url in _links(one).items():
        yield f"  {name:16} {url}"
    if one.status == "open":
        yield (
            "\nwhen it is settled, so that it is audited again\n"
            f"  artwork-indexer review resolve {one.id} --notes '…'\n"
            "when nothing is to be done about this evidence\n"
            f"  artwork-indexer review wont-fix {one.id} --notes '…'"
        )


def _section(title: str, findings: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Findings under a title; nothing when there are none."""
    for place, line in enumerate(told(findings)):
        if place == 0:
            yield f"\n{title}"
        yield f"  {line}"


@review.command("resolve")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.option("--notes", help="What was done.")
@click.option("--by", help="Who decided [default: your login].")
@config_option
def resolve_command(number: int, notes: str | None, by: str | None) -> None:
    """Close a review because the matter is settled; the entity is audited again.

    If an audit still finds it, a new review is opened.
    """
    one = with_database(lambda database: _answer(database, number, "resolved", notes, by))
    click.echo(f"Review {number} is resolved; {one.entity_type} {one.gid} is audited again soon.")


@review.command("wont-fix")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.option("--notes", required=True, help="Why nothing is to be done.")
@click.option("--by", help="Who decided [default: your login].")
@config_option
def wont_fix_command(number: int, notes: str, by: str | None) -> None:
    """Close a review because nothing is to be done about what was found.

    These findings are recorded further on, but ask nobody again until their evidence changes.
    """
    if not notes.strip():
        raise InputError("Say with --notes why nothing is to be done.")
    one = with_database(lambda database: _answer(database, number, "wont_fix", notes, by))
    click.echo(
        f"Review {number} is closed as won't fix; {one.entity_type} {one.gid} asks again only "
        "when its evidence changes."
    )


async def _answer(
    database: Database, number: int, answer: Answer, notes: str | None, by: str | None
) -> Review:
    """Close a review; answers how it is then.

    Raises:
        ArtworkIndexerError: there is none of that number, or it was closed before.
    """
    reviews = Reviews(database)
    close = reviews.resolve if answer == "resolved" else reviews.wont_fix
    try:
        await close(number, notes, by or login())
    except InputError:
        known, _ = await _show(database, number)
        raise ArtworkIndexerError(_closed_already(known)) from None
    one, _ = await _show(database, number)
    return one


def _closed_already(one: Review) -> str:
    notes = f" Notes: {safe(one.resolution_notes)}" if one.resolution_notes else ""
    return (
        f"Review {one.id} was {CLOSED.get(one.status, one.status)} already, "
        f"{cell(one.resolved_at)} by {safe(one.resolved_by or 'nobody')}; nothing was changed."
        + notes
    )
