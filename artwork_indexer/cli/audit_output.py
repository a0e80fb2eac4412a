"""What the commands of the audit and of reviews print alike."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable, Iterator, Mapping

import click

from artwork_indexer.cli.output import cell, one_line
from artwork_indexer.database import Row
from artwork_indexer.errors import ArtworkIndexerError, InputError
from artwork_indexer.event_queue import storable
from audit.findings import plain
from audit.report import Report

LONGEST_LINE = 2000
SEVERITIES = ("data", "content", "leftover", "format")
COLOURS = {"data": "red", "content": "yellow", "leftover": "cyan"}


def login() -> str | None:
    """Who types, as the system knows the person; None when it does not."""
    try:
        return storable(getpass.getuser())
    except (KeyError, OSError):
        return None


def safe(text: str) -> str:
    """Text from outside on one line, without what a terminal would obey."""
    return plain(one_line(text), LONGEST_LINE)


def lines(text: str) -> list[str]:
    """A text of several lines, each of them safe."""
    return [safe(line) for line in text.splitlines() if line.strip()]


def told(findings: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Findings with their evidence, in lines for people; in colour on a terminal."""
    for finding in findings:
        severity, message = str(finding["severity"]), safe(str(finding["message"]))
        accepted = "  (won't fix)" if finding.get("acknowledged") else ""
        mark = click.style(f"{severity:8}", fg=COLOURS.get(severity))
        yield f"{mark} {message}  [{finding['kind']}]{accepted}"
        details = finding.get("details")
        for line in evidence(details if isinstance(details, Mapping) else {}):
            if line not in message:
                yield f"{'':8} {line}"


def evidence(details: Mapping[str, object]) -> list[str]:
    """What was seen: in people's words where an audit left them, else name by name."""
    explanation = details.get("explanation")
    if isinstance(explanation, list) and explanation:
        return [safe(str(line)) for line in explanation]
    return [f"{safe(name)}: {safe(shown(value))}" for name, value in details.items()]


def shown(value: object) -> str:
    """A value of any shape, as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def facts(row: Mapping[str, object], names: Mapping[str, str]) -> Iterator[str]:
    """The columns that have a value, one a line, under names for people."""
    for column, name in names.items():
        value = row[column]
        if value not in (None, 0, ""):
            yield f"{name:16} {safe(cell(value))}"


async def the_entity(report: Report, gid: str, entity_type: str | None) -> Row:
    """The entity of an MBID that is under audit, whichever type it has.

    Raises:
        ArtworkIndexerError: there is none.
        InputError: there are two, and the type was not named.
    """
    rows = await report.entities(gid, entity_type)
    if not rows:
        named = entity_type or "release or event"
        raise ArtworkIndexerError(
            f"No {named} {gid} is under audit. To audit it: "
            f"artwork-indexer audit recheck {entity_type or 'release'} {gid}"
        )
    if len(rows) > 1:
        raise InputError(f"Both a release and an event {gid} are under audit: name the type.")
    return rows[0]
