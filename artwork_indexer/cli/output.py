"""Lists for people and for programs.

A person at a terminal gets a table; a pipe gets plain lines with tabs; ``--json`` gets JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from artwork_indexer.sentences import end_of

Row = Mapping[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])

GAP = 2
"""Characters between the columns of a table."""


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(value: object) -> None:
    """Print a value as JSON; times in ISO 8601."""
    click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def cell(value: object) -> str:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return str(value)


def print_table(
    rows: Sequence[Row], columns: Sequence[str], *, empty: str, shorten: str | None = None
) -> None:
    """Print rows as a table, or ``empty`` when there are none.

    Where a terminal is narrow, the beginnings of the values in the column ``shorten`` are left
    out, and everything else is whole.
    """
    if not rows:
        click.echo(empty)
        return
    if not sys.stdout.isatty():
        click.echo("\t".join(columns))
        for row in rows:
            click.echo("\t".join(one_line(cell(row[column])) for column in columns))
        return
    from rich.console import Console  # noqa: PLC0415  (slow to import, and only for terminals)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns[:-1]:
        table.add_column(column, no_wrap=True)
    table.add_column(columns[-1], overflow="fold")
    console = Console(markup=False, highlight=False)
    shown = [{column: one_line(cell(row[column])) for column in columns} for row in rows]
    if shorten is not None:
        _fit(shown, columns, shorten, console.width)
    for row in shown:
        table.add_row(*row.values())
    console.print(table)


def _fit(rows: Sequence[dict[str, str]], columns: Sequence[str], shorten: str, width: int) -> None:
    """Cut the values of one column from the front until rows are no wider than a terminal."""
    others = [column for column in columns if column != shorten]
    room = width - sum(
        GAP + max(len(column), *(len(row[column]) for row in rows)) for column in others
    )
    for row in rows:
        row[shorten] = end_of(row[shorten], room)


def age(moment: datetime, now: datetime) -> str:
    """How long ago something was, short enough for a column."""
    seconds = (now - moment).total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def one_line(text: str) -> str:
    """The text without line breaks and tabs, so that a row stays a line."""
    return " ".join(text.split())
