"""What the commands that seed the audit share: options, and how a run ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from artwork_indexer.cli.output import print_json, print_table
from audit.seeding.progress import Tally, duration

Command = TypeVar("Command", bound=Callable[..., Any])

COLUMNS = ("source", "inserted", "already", "skipped", "refused")


def dry_run_option(command: Command) -> Command:
    """Add ``--dry-run``."""
    return click.option(
        "--dry-run", "is_dry", is_flag=True, help="Write nothing; say what would be done."
    )(command)


class Summary:
    """What a command did, for people or as JSON; make it when the work begins."""

    def __init__(self, *, is_dry: bool, as_json: bool) -> None:
        self._is_dry = is_dry
        self._as_json = as_json
        self._begun = time.monotonic()

    def tell(
        self,
        tallies: Mapping[str, Tally],
        *,
        notes: tuple[str, ...] = (),
        more: Mapping[str, object] | None = None,
    ) -> None:
        """Print the counts of each source, and of all together.

        Args:
            tallies: By the name of the source, in order.
            notes: Sentences that belong to the result.
            more: Further facts for programs.
        """
        seconds = time.monotonic() - self._begun
        total = sum(tallies.values(), Tally())
        if self._as_json:
            print_json(
                {
                    "dry_run": self._is_dry,
                    "seconds": round(seconds, 3),
                    **total.as_json(),
                    "sources": {name: tally.as_json() for name, tally in tallies.items()},
                    "notes": list(notes),
                    **(more or {}),
                }
            )
            return
        named = {**tallies, "together": total} if len(tallies) > 1 else tallies
        rows = [{"source": name, **tally.as_json()} for name, tally in named.items()]
        print_table(rows, COLUMNS, empty="Nothing was done.")
        for note in notes:
            click.echo(note)
        if self._is_dry:
            click.echo("Dry run: nothing was written.")
        click.echo(f"{total.total:,} entries in {duration(seconds)}.")
