"""``artwork-indexer audit recheck``, ``pause`` and ``resume``."""

from __future__ import annotations

from pathlib import Path

import click

from artwork_indexer.cli.audit_output import login, safe
from artwork_indexer.cli.common import config_option, load_config, with_database
from artwork_indexer.cli.mbids import mbid_arguments, named
from artwork_indexer.cli.output import cell
from artwork_indexer.config import AuditConfig
from artwork_indexer.database import Database, query
from artwork_indexer.event_queue import storable
from audit.guardrails import PAUSE, Guardrails, Hold

AT_ONCE = 1000
"""Rows of the audit are locked for no longer than so many take."""


@click.command()
@mbid_arguments
@config_option
def recheck(entity: str, mbid: tuple[str, ...], path: Path | None) -> None:
    """Audit entities ahead of their turn; unknown ones are put under audit.

    Safe to repeat. Budgets, pause and brake hold for them too.
    """
    gids = named(mbid, path)
    audit = load_config().audit
    unknown, holds = with_database(lambda database: _recheck(database, audit, entity, gids))
    many = f"1 {entity} is" if len(gids) == 1 else f"{len(gids):,} {entity}s are"
    click.echo(f"{many} due now, ahead of the regular round.")
    if unknown:
        more = f" and {len(unknown) - 3:,} more" if len(unknown) > 3 else ""
        click.echo(
            f"MusicBrainz has no such {entity} (any more): {', '.join(unknown[:3])}{more}. "
            "What is left of it at the Internet Archive is audited.",
            err=True,
        )
    _warn(audit, holds)


async def _recheck(
    database: Database, audit: AuditConfig, entity: str, gids: list[str]
) -> tuple[list[str], list[Hold]]:
    """Make them due; answers which of them MusicBrainz does not know, and what holds audits."""
    from audit.queue import AuditQueue  # noqa: PLC0415  (slow to import, and only for this)

    queue = AuditQueue(database, "artwork-indexer cli", audit, repairs=False)
    unknown: list[str] = []
    for start in range(0, len(gids), AT_ONCE):
        batch = gids[start : start + AT_ONCE]
        await queue.recheck_now(entity, batch)
        rows = await database.fetch(query(f"entities_known_{entity}"), gids=batch)
        known = {row["gid"] for row in rows}
        unknown += [gid for gid in batch if gid not in known]
    return unknown, await Guardrails(database).holds()


def _warn(audit: AuditConfig, holds: list[Hold]) -> None:
    """Tell who waits for an audit that none will come."""
    if not audit.enabled:
        click.echo("Nothing is audited: [audit] enabled = no.", err=True)
    for hold in holds:
        click.echo(
            f"Nothing is audited: {_name(hold)} since {cell(hold.since)} ({safe(hold.reason)}). "
            "To go on: artwork-indexer audit resume",
            err=True,
        )


def _name(hold: Hold) -> str:
    return "paused" if hold.name == PAUSE else "the brake is on"


@click.command()
@click.option("--reason", default="by hand", show_default=True, help="For the others.")
@config_option
def pause(reason: str) -> None:
    """Stop all audits, in every process, until `audit resume`; it survives restarts.

    Audits in work are finished, and enqueue no repair. Repairs that are queued already still
    run. Safe to repeat.
    """
    before, outstanding = with_database(lambda database: _pause(database, storable(reason)))
    if before is None:
        click.echo("Audits are paused, in every process. To go on: artwork-indexer audit resume")
    else:
        by = f" by {safe(before.held_by)}" if before.held_by else ""
        since = cell(before.since)
        click.echo(f"Audits were paused already, since {since}{by}: {safe(before.reason)}")
    if outstanding:
        click.echo(
            f"Repairs that are queued or running: {outstanding:,}. This does not stop them; to "
            "cancel one that is queued: artwork-indexer events cancel ID",
            err=True,
        )


async def _pause(database: Database, reason: str) -> tuple[Hold | None, int]:
    """Pause; answers the pause that was there already, and how many repairs go on."""
    rails = Guardrails(database)
    before = next((hold for hold in await rails.holds() if hold.name == PAUSE), None)
    await rails.pause(reason, login())
    return before, await rails.outstanding()


@click.command()
@config_option
def resume() -> None:
    """End a pause, release the brake, and let kinds that failed probation try again.

    Safe to repeat.
    """
    audit = load_config().audit

    async def work(database: Database) -> list[Hold]:
        rails = Guardrails(database)
        holds = await rails.holds()
        await rails.resume(audit)
        return holds

    holds = with_database(work)
    for hold in holds:
        ended = "The pause is ended" if hold.name == PAUSE else "The brake is released"
        click.echo(f"{ended}; since {cell(hold.since)} it was: {safe(hold.reason)}")
    if not holds:
        click.echo("Audits were neither paused nor braked.")
    _warn(audit, [])
