"""``artwork-indexer check``: look at entities now; nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import click

from artwork_indexer import remotes
from artwork_indexer.cli.common import config_option, load_config
from artwork_indexer.cli.mbids import mbid_arguments, named
from artwork_indexer.cli.output import json_option, print_json
from artwork_indexer.config import Config
from artwork_indexer.database import Database
from artwork_indexer.errors import ServicePaused
from artwork_indexer.projects import BY_ENTITY_TYPE
from audit import catalogue
from audit import expected as expectations
from audit.examine import Examination, Examiner, compare_settings
from audit.findings import Severity

CLEAN, FINDINGS, UNREADABLE = 0, 1, 3
UNREADABLE_OUTCOME = catalogue.UNREADABLE
COLOURS = {Severity.DATA: "red", Severity.CONTENT: "yellow", Severity.LEFTOVER: "cyan"}


@dataclass(frozen=True, slots=True)
class Refused:
    """An entity that could not be looked at, because a service has to be left alone."""

    entity_type: str
    gid: str
    service: str
    message: str

    @property
    def reason(self) -> str:
        """As the daemon would record it."""
        return f"service-paused: {self.service}"


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


async def examinations(
    config: Config, entity: str, gids: list[str]
) -> AsyncIterator[Examination | Refused]:
    """One examination after the other.

    Raises:
        Unreachable: the database does not answer.
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
                # Others may be told all the same, and those judged so far are not lost.
                yield Refused(entity, gid, error.service, str(error))


def exit_code(examination: Examination | Refused) -> int:
    """What one examination means for the exit code; waiting is for the daemon."""
    if isinstance(examination, Refused):
        return UNREADABLE
    if examination.comparison.findings:
        return FINDINGS
    outcomes = {wait.outcome for wait in examination.comparison.waits}
    return UNREADABLE if UNREADABLE_OUTCOME in outcomes else CLEAN


def as_document(examination: Examination | Refused) -> dict[str, object]:
    """An examination as JSON."""
    if isinstance(examination, Refused):
        return {
            "entity_type": examination.entity_type,
            "gid": examination.gid,
            "life": None,
            "merged_into": None,
            "result": "unreadable",
            "findings": [],
            "waits": [{"reason": examination.reason, "message": examination.message}],
        }
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


def tell(examination: Examination | Refused) -> None:
    """Print an examination for people; in colour on a terminal."""
    if isinstance(examination, Refused):
        click.echo(f"{examination.entity_type} {examination.gid}")
        click.echo(f"  not now  {examination.message}  [{examination.reason}]")
        return
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
    if exit_code(examination) == CLEAN:
        click.echo("  clean")
