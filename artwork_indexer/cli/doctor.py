"""``artwork-indexer doctor``: check everything, and say what to do."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from typing import Final

import click

from artwork_indexer.cli.common import config_option, config_path
from artwork_indexer.cli.output import json_option, print_json
from artwork_indexer.config import load
from artwork_indexer.doctor.configuration import check_configuration
from artwork_indexer.doctor.database import check_database
from artwork_indexer.doctor.findings import Finding, Level, has_problem, problem
from artwork_indexer.doctor.remotes import check_remotes
from artwork_indexer.errors import ConfigurationError

COLOURS: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}


@click.command()
@json_option
@config_option
def doctor(*, as_json: bool) -> int:
    """Check configuration, database, triggers, keys and reachability; say what to do.

    Writes nothing. Exit code 0: all well, or warnings only; 1: something does not work.
    """
    findings = examine()
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            show(finding)
    return 1 if has_problem(findings) else 0


def examine() -> list[Finding]:
    """All checks, in the order in which a person would mend things."""
    try:
        config = load(config_path(), os.environ)
    except ConfigurationError as error:
        return [problem("configuration", str(error), "")]
    return [
        *check_configuration(config),
        *check_database(config),
        *asyncio.run(check_remotes(config)),
    ]


def show(finding: Finding) -> None:
    """Print one finding, and below it what to do."""
    level = click.style(f"{finding.level.value:8}", fg=COLOURS[finding.level])
    click.echo(f"{level} {finding.subject}: {finding.message}")
    if finding.remedy:
        click.echo(f"{'':8} -> {finding.remedy}")
