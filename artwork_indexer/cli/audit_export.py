"""``artwork-indexer audit export``: findings for people who have no access to this database."""

from __future__ import annotations

import csv
import json
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TextIO

import click

from artwork_indexer.archive import names
from artwork_indexer.cli.audit_findings import finding_options, known_kinds
from artwork_indexer.cli.common import config_option, with_database
from artwork_indexer.cli.output import one_line
from artwork_indexer.database import Database, Row
from artwork_indexer.errors import ArtworkIndexerError, InputError
from audit.report import KindCount, Report, Wanted

Format = Literal["csv", "json", "items"]
COLUMNS: Final = (
    "entity_type", "gid", "item", "kind", "severity", "subject", "message", "acknowledged",
    "first_seen", "last_seen",
)  # fmt: skip
NOUNS: Final[Mapping[str, str]] = MappingProxyType(
    {"csv": "finding", "json": "finding", "items": "item name"}
)
FORMULA: Final = ("=", "+", "-", "@")
"""A spreadsheet takes a cell that begins with one of these for a formula."""


@click.command()
@finding_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "items"]),
    default="csv",
    show_default=True,
    help="items: the names of the items, each once.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Appears whole or not at all [default: standard output].",
)
@config_option
def export(kinds: tuple[str, ...], severity: str | None, form: Format, output: Path | None) -> None:
    """Write findings for others: all, or those of some kinds.

    Millions of them need no memory; what changes during the export may be in either form.
    """
    known_kinds(kinds)
    wanted = Wanted(kinds or None, severity)
    if output is None or str(output) == "-":
        with_database(lambda database: write(database, wanted, form, sys.stdout))
        return
    watch = sys.stderr.isatty()
    with whole_file(output) as file:
        amount = with_database(lambda database: write(database, wanted, form, file, watch=watch))
    many = "" if amount == 1 else "s"
    click.echo(f"{amount:,} {NOUNS[form]}{many} written to {output}.", err=True)


async def write(
    database: Database, wanted: Wanted, form: Format, file: TextIO, *, watch: bool = False
) -> int:
    """Write all findings in one form; returns how many rows or names.

    ``watch`` shows progress on standard error.
    """
    report = Report(database)
    counts = await report.kinds(wanted)
    if form == "items":
        return await _write_items(report, [count.kind for count in counts], wanted, file)
    amount = sum(count.findings for count in counts)
    with click.progressbar(length=amount, file=sys.stderr, hidden=not watch) as progress:
        rows = _rows(report, counts, wanted, progress.update)
        return await (_write_csv(rows, file) if form == "csv" else _write_json(rows, file))


async def _write_items(report: Report, kinds: list[str], wanted: Wanted, file: TextIO) -> int:
    written = 0
    async for gids in report.entity_pages(kinds, wanted.severity):
        file.writelines(f"{names.item(gid)}\n" for gid in gids)
        written += len(gids)
    return written


async def _rows(
    report: Report, counts: list[KindCount], wanted: Wanted, done: Callable[[int], None]
) -> AsyncIterator[Row]:
    """The findings kind by kind, the gravest first."""
    for count in counts:
        async for page in report.pages(count.kind, wanted.severity):
            for row in page:
                yield {**row, "item": names.item(row["gid"])}
            done(len(page))


async def _write_csv(rows: AsyncIterator[Row], file: TextIO) -> int:
    written = 0
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    async for row in rows:
        writer.writerow([csv_cell(row[column]) for column in COLUMNS])
        written += 1
    return written


def csv_cell(value: object) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = one_line(_plain(value))
    return f"'{text}" if text.startswith(FORMULA) else text


async def _write_json(rows: AsyncIterator[Row], file: TextIO) -> int:
    """One array, a line an object, so that nobody has to hold it all to write or read it."""
    written = 0
    file.write("[")
    async for row in rows:
        document = {name: row[name] for name in (*COLUMNS, "details")}
        file.write(",\n" if written else "\n")
        json.dump(document, file, default=_plain, ensure_ascii=False)
        written += 1
    file.write("\n]\n" if written else "]\n")
    return written


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A file that gets its name, and replaces an older one, when the block has ended well.

    Raises:
        InputError: nothing can be written there.
        ArtworkIndexerError: writing failed; the older file is untouched.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise InputError(f"{path} is not an ordinary file; leave out --output and redirect.")
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        file = part.open("x", encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    except OSError as error:
        raise ArtworkIndexerError(
            f"{path} could not be written: {error.strerror}. Nothing was changed."
        ) from error
    finally:
        part.unlink(missing_ok=True)
