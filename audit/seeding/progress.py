"""What seeding did, counted, and how it is told while it goes on."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, dataclass, fields
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TextIO

from artwork_indexer.sentences import end_of

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

KILOBYTE: Final = 1000
"""Bytes; progress in a file counts these."""
LINE_SECONDS: Final = 10.0
"""How often a line is written where there is no terminal."""
BESIDE_LABEL: Final = 59
"""Columns of a terminal for everything else: bar, numbers, what they count, speed, time."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the entries of a source.

    ``already`` were under audit before, ``skipped`` are none of the audit's business (foreign
    items, say), ``refused`` could not be understood.
    """

    inserted: int = 0
    already: int = 0
    skipped: int = 0
    refused: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            *(getattr(self, field.name) + getattr(other, field.name) for field in fields(Tally))
        )

    @property
    def total(self) -> int:
        """All entries."""
        return self.inserted + self.already + self.skipped + self.refused

    def as_json(self) -> dict[str, int]:
        """For a summary."""
        return asdict(self)


class Progress:
    """Shows how far something is: a bar on a terminal, else a line now and then.

    ``total`` is None when nobody knows; ``unit`` is a plural ("releases"). Everything goes to
    standard error, so that standard output stays a program's.
    """

    def __init__(
        self, label: str, unit: str, total: int | None = None, *, stream: TextIO | None = None
    ) -> None:
        self._stream = stream or sys.stderr
        self._label = label
        self._unit = unit
        self._total = total
        self._done = 0
        self._begun = self._told = time.monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        self._begun = self._told = time.monotonic()
        if self._stream.isatty():
            self._bar = _bar(self._stream)
            label = end_of(self._label, self._bar.console.width - BESIDE_LABEL)
            self._bar.add_task(label, total=self._total, unit=self._unit, rate="")
            self._bar.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif exc_type is None and self._done:
            self._write_line()

    def expect(self, total: int, unit: str | None = None) -> None:
        """So many there are, as is known only now; perhaps so is what is counted."""
        self._total = total
        self._unit = unit or self._unit
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], total=total, unit=self._unit)

    def advance(self, entries: int) -> None:
        """So many more entries are done."""
        self._done += entries
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=self._done, rate=f"{self._rate():,.0f}/s")
        elif time.monotonic() - self._told >= LINE_SECONDS:
            self._write_line()

    def tell(self, message: str) -> None:
        """Say something without disturbing the bar."""
        if self._bar is not None:
            self._bar.console.print(message, markup=False, highlight=False)
        else:
            print(message, file=self._stream, flush=True)

    def _rate(self) -> float:
        return self._done / max(time.monotonic() - self._begun, 1e-6)

    def _write_line(self) -> None:
        self._told = time.monotonic()
        print(f"{self._label}: {self.sentence()}", file=self._stream, flush=True)

    def sentence(self) -> str:
        """How far it is, how fast, and how long it still takes."""
        rate = self._rate()
        told = f"{self._done:,}"
        # What is known of the total may be too little: it comes from statistics, or from the ids.
        if self._total is not None and self._total >= self._done:
            told += f" of {self._total:,}"
        told += f" {self._unit}, {rate:,.0f}/s"
        if self._total is not None and self._done < self._total and rate > 0:
            told += f", {duration((self._total - self._done) / rate)} left"
        return told


def _bar(stream: TextIO) -> Bar:
    from rich import progress  # noqa: PLC0415  (slow to import, and only for terminals)
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    def whole() -> Column:
        # Where there is no room, only the bar gives way.
        return Column(no_wrap=True)

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(table_column=whole()),
        progress.TextColumn("{task.fields[unit]}", markup=False),
        progress.TextColumn("{task.fields[rate]}", markup=False),
        progress.TimeRemainingColumn(table_column=whole()),
        console=Console(file=stream),
    )


def duration(seconds: float) -> str:
    """A length of time in words, roughly."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
