"""``artwork-indexer check``: look at entities now; nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import click

from artwork_indexer import remotes
from artwork_indexer.cli.common import config_option, load_config
from artwork_indexer.cli.mbids import mbid_arguments, named
from artwork_indexer.cli.output import json_option, print_json
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.errors import ServicePaused, Unreachable
from artwork_indexer.projects import BY_ENTITY_TYPE
from audit import expected as expectations
from audit.examine import Examination, Examiner, compare_settings
from audit.findings import Severity

CLEAN, FINDINGS, UNREADABLE = 0, 1, 3
COLOURS = {Severity.DATA: "red", Severity.CONTENT: "yellow", Severity.LEFTOVER: "cyan"}


@click.command()
@mbid_arguments
@json_option
@config_option
def check(entity: str, mbid: tuple[str, ...], path: Path | None, *, as_json: bool) -> int:
    """Compare the items of MBIDs with MusicBrainz, now. Writes nothing.

    Exits with 0 when all is well, with 1 when there are findings, and with 3 when an item
    could not be judged.
    """
    return asyncio.run(_check(load_config(), entity, named(mbid, path), as_json=as_json))


async def _check(config: Config, entity: str, gids: list[str], *, as_json: bool) -> int:
    codes, told = [], []
    async for examination in examinations(config, entity, gids):
        codes.append(exit_code(examination))
        told.append(as_document(examination))
        if not as_json:
            tell(examination)
    if as_json:
        print_json(told[0] if len(gids) == 1 else told)
    return max(codes)


async def examinations(config: Config, entity: str, gids: list[str]) -> AsyncIterator[Examination]:
    """One examination after the other.

    Raises:
        Unreachable: the database does not answer, or a service has to be left alone.
    """
    source = config.database_readonly or config.database
    async with (
        Database(
            source.conninfo(), size=2, prepared=False, name="artwork-indexer check"
        ) as database,
        remotes.connect(config) as connected,
    ):
        replication = await expectations.replication(database)
        settings = compare_settings(config.audit, config.archive.uploaders, replication)
        examiner = Examiner(database, connected, settings)
        for gid in gids:
            try:
                yield await examiner.examine(BY_ENTITY_TYPE[entity], gid)
            except ServicePaused as error:
                raise Unreachable(f"{entity} {gid} cannot be judged now: {error}") from error


def exit_code(examination: Examination) -> int:
    """What one examination means for the exit code."""
    if examination.comparison.findings:
        return FINDINGS
    return UNREADABLE if examination.comparison.waits else CLEAN


def as_document(examination: Examination) -> dict[str, object]:
    """An examination as JSON."""
    comparison, expected = examination.comparison, examination.expected
    return {
        "entity_type": expected.entity_type,
        "gid": expected.gid,
        "life": expected.life.value,
        "merged_into": expected.merged_into,
        "result": {CLEAN: "clean", FINDINGS: "findings", UNREADABLE: "unreadable"}[
            exit_code(examination)
        ],
        "findings": [
            {
                "kind": finding.kind.id,
                "severity": finding.kind.severity.value,
                "repair": finding.kind.repair.value,
                "subject": finding.subject,
                "message": finding.message,
                "details": dict(finding.details),
            }
            for finding in comparison.findings
        ],
        "waits": [{"reason": wait.reason, "message": wait.message} for wait in comparison.waits],
    }


def tell(examination: Examination) -> None:
    """Print an examination for people; in colour on a terminal."""
    comparison, expected = examination.comparison, examination.expected
    merged = f" into {expected.merged_into}" if expected.merged_into else ""
    click.echo(f"{expected.entity_type} {expected.gid} ({expected.life.value}{merged})")
    for finding in comparison.findings:
        severity = finding.kind.severity
        mark = click.style(f"{severity.value:8}", fg=COLOURS.get(severity))
        click.echo(f"  {mark} {finding.message}  [{finding.kind.id}]")
        for line in finding.explanation:
            click.echo(f"           {line}")
    for wait in comparison.waits:
        click.echo(f"  not now  {wait.message}  [{wait.outcome.id}]")
    if not comparison.findings and not comparison.waits:
        click.echo("  clean")
