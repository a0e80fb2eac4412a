"""``artwork-indexer audit seed img-129``: the result files of the audit of 2021."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from artwork_indexer.cli.common import config_option, with_database
from artwork_indexer.cli.output import json_option
from artwork_indexer.cli.seed_common import Summary, dry_run_option, stoppable
from artwork_indexer.database import Database
from artwork_indexer.sentences import number_of
from audit.seeding.img129 import Imported, import_files, result_files
from audit.seeding.img129_files import printable
from audit.seeding.line_file import LineFile
from audit.seeding.progress import Progress

DONE, INCOMPLETE = 0, 1


@click.command()
@click.argument("path", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--bad-lines",
    "bad_lines",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Add all bad lines to this file.",
)
@dry_run_option
@json_option
@config_option
@stoppable()
def img_129(path: tuple[Path, ...], bad_lines: Path | None, *, is_dry: bool, as_json: bool) -> int:
    """Put the releases in result files of the audit of 2021 under audit.

    PATH is a file or a directory of files: lists, tables and logs, plain, .gz, .xz or .tar, for
    example actionable_results.tar.xz as it is. Its lists set priority and reason; what they
    found is old, and everything is audited afresh. Safe to repeat; goes on where it was stopped.

    Exits with 1 when a file, or the rest of one, could not be used; all else was imported.
    """
    files = result_files(path)
    summary = Summary(is_dry=is_dry, as_json=as_json)

    async def work(database: Database) -> Imported:
        return await import_files(
            database, files, progress, is_dry=is_dry, note_bad_line=listed.add
        )

    with LineFile(bad_lines) as listed, Progress("img-129", "kB") as progress:
        imported = with_database(work)
    tell(imported, summary, bad_lines)
    return INCOMPLETE if imported.reading.refused_files else DONE


def tell(imported: Imported, summary: Summary, listed: Path | None) -> None:
    """Problems on standard error, and the summary; ``listed`` is the file of bad lines."""
    reading = imported.reading
    for problem in [*imported.bad_lines, *reading.refusals]:
        click.echo(problem, err=True)
    summary.tell(
        {imported.source: imported.tally},
        notes=tuple(notes(imported, listed, is_dry=summary.is_dry)),
        more={
            "resumed": imported.is_resumed,
            "lines": reading.lines,
            "repeated": reading.repeated,
            "raised": imported.raised,
            "events": reading.events,
            "other_lists": reading.other_lists,
            "bad_lines": list(imported.bad_lines),
            "refused_files": reading.refused_files,
            "refusals": reading.refusals,
        },
        held=imported.held,
        is_resumed=imported.is_resumed,
    )


def notes(imported: Imported, listed: Path | None, *, is_dry: bool) -> Iterator[str]:
    """Sentences about an import."""
    reading = imported.reading
    if imported.is_resumed:
        yield "Went on where the run before was stopped; the counts are of all runs together."
    for label in reading.other_lists:
        yield f"{label} is not named like a list of 2021: ordinary priority for what is in it."
    if not imported.tally.total and not reading.refused_files:
        yield "There is no entry in it: nothing but empty lines, comments and reports."
    if is_dry:
        yield "A release that is in several lists may be counted more than once."
    if reading.repeated:
        yield f"{number_of(reading.repeated, 'line')} named a release that had just been named."
    if imported.raised:
        yield f"Moved forward {number_of(imported.raised, 'release')} under audit already."
    if reading.events:
        yield f"Refused {number_of(reading.events, 'line')} with the MBID of an event."
    if reading.bad_lines:
        where = listed_where(listed, is_resumed=imported.is_resumed)
        yield f"Passed over {number_of(reading.bad_lines, 'bad line')}{where}."
    if reading.refused_files:
        yield f"Could not use {number_of(reading.refused_files, 'file')}, or not to the end."


def listed_where(file: Path | None, *, is_resumed: bool) -> str:
    """Which bad lines are in the file for them, or how to get it."""
    if file is None:
        return "; --bad-lines FILE lists all"
    return f"; those of this run are in {printable(str(file))}" if is_resumed else ""
