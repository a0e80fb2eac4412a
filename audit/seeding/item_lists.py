"""Lists of names of items, one on each line, come under audit: from a file, or standard input.

A file may be packed as ``.gz``, ``.xz`` or in a ``.tar``; it is read as a stream.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import Final

from artwork_indexer.database import Database
from artwork_indexer.errors import InputError
from artwork_indexer.projects import Project
from audit.seeding.checkpoint import Seeding
from audit.seeding.identifiers import decide
from audit.seeding.img129_files import line_blocks, members, printable
from audit.seeding.img129_streams import Broken, FileStream
from audit.seeding.progress import KILOBYTE, Progress
from audit.seeding.rejected import Rejected

SOURCE: Final = "archive identifiers"
STANDARD_INPUT: Final = Path("-")
BATCH: Final = 5000
LOOKED_AT: Final = 1 << 16
"""Bytes at the beginning of a file by which it is known again."""


@dataclass(slots=True)
class Imported:
    """What was read; ``problems`` are sentences about what could not be."""

    lines: int = 0
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class ItemList:
    """One run over one file. ``project`` is the archive whose collection it lists, if known."""

    def __init__(
        self, database: Database, path: Path, project: Project | None, *, is_dry: bool = False
    ) -> None:
        self._database = database
        self._path = path
        self._project = project
        self._is_dry = is_dry
        self.name = "standard input" if path == STANDARD_INPUT else printable(str(path))
        self.source = f"{SOURCE} {self.name if path == STANDARD_INPUT else _known_as(path)}"

    async def run(
        self, progress: Progress, rejected: Rejected, *, restart: bool = False
    ) -> tuple[Seeding, Imported]:
        """Import what was not imported yet.

        Raises:
            InputError: the file cannot be read.
            Refused: another run over it is under way, or this is no MusicBrainz database.
            Unreachable: somebody holds what a batch needs for too long.
        """
        seeding = await Seeding.open(self._database, self.source, dry=self._is_dry)
        with self._open() as file:
            mark = self._mark(file)
            if restart:
                await seeding.add([], {})
            done = _place(seeding, mark) if seeding.is_resumed else 0
            if done:
                progress.tell(f"{self.name}: going on after line {done:,}.")
            outcome = Imported(done)
            stream = FileStream(file, self.name)
            lines = self._lines(stream, outcome)
            for _ in islice(lines, done):
                pass
            shown = self._expect(progress, file, stream)
            while batch := list(islice(lines, BATCH)):
                await self._add(seeding, batch, outcome, mark, rejected)
                shown = _show(progress, stream, len(batch), shown)
        # A damaged file is read from its beginning when it was mended.
        await seeding.add([], {}, finished=True)
        return seeding, outcome

    def _expect(self, progress: Progress, file: FileIO, stream: FileStream) -> int | None:
        """Let the progress count the kilobytes of a file: nobody knows how many lines it has.

        Returns how many were read; None for a pipe, whose lines are counted.
        """
        if self._is_pipe(file):
            return None
        read = stream.done // KILOBYTE
        progress.expect(os.fstat(file.fileno()).st_size // KILOBYTE - read, "kB")
        return read

    async def _add(
        self,
        seeding: Seeding,
        batch: list[bytes],
        outcome: Imported,
        mark: str,
        rejected: Rejected,
    ) -> None:
        names, places = [], dict[str, int]()
        for number, line in enumerate(batch, outcome.lines + 1):
            name = line.strip().decode("utf-8", "backslashreplace")
            if name and not name.startswith("#"):
                names.append(name)
                places.setdefault(name, number)
        in_lower_case = {name.lower(): number for name, number in places.items()}

        def reject(name: str, why: str) -> None:
            number = places.get(name) or in_lower_case[name]
            rejected.note(name, why, f"{self.name}:{number}")

        decided = await decide(self._database, names, self._project, reject)
        outcome.lines += len(batch)
        outcome.counts += decided.counts
        await seeding.add(
            decided.batches(SOURCE),
            {"lines": outcome.lines, "mark": mark},
            skipped=decided.skipped,
            refused=decided.refused,
        )

    def _open(self) -> FileIO:
        try:
            if self._path == STANDARD_INPUT:
                return FileIO(0, closefd=False)
            return FileIO(self._path)
        except OSError as error:
            raise InputError(f"{self.name} cannot be read: {error.strerror}.") from error

    def _is_pipe(self, file: FileIO) -> bool:
        return self._path == STANDARD_INPUT or not file.seekable()

    def _mark(self, file: FileIO) -> str:
        """Tells this list from another one of the same name; what a pipe gives is always new.

        What was undecidable in one collection, or in none, may not be so in another.
        """
        if self._is_pipe(file):
            return ""
        try:
            digest = blake2b(file.read(LOOKED_AT) or b"", digest_size=16).hexdigest()
            file.seek(0)
        except OSError as error:
            raise InputError(f"{self.name} cannot be read: {error.strerror}.") from error
        status = os.fstat(file.fileno())
        collection = "" if self._project is None else f" {self._project.collection}"
        return f"{status.st_size} {status.st_mtime_ns} {digest}{collection}"

    def _lines(self, stream: FileStream, outcome: Imported) -> Iterator[bytes]:
        """The lines; ``outcome`` is told of what cannot be read."""
        try:
            for member in members(stream, self.name):
                complaint = why_no_list(member.stream.peek(LOOKED_AT))
                if complaint:
                    outcome.problems.append(f"{member.label} {complaint}.")
                    continue
                for block in line_blocks(member.stream):
                    yield from block
        except Broken as broken:
            outcome.problems.append(f"{broken}. What came before is under audit.")


def why_no_list(head: bytes) -> str | None:
    """Why a file that begins so cannot be a list of names; None when it may be one."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16: convert it with iconv -f UTF-16 -t UTF-8"
    if b"\0" in head:
        return "is binary and no list of names; of packed files, .gz, .xz and .tar are understood"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return "is a page in HTML or XML and no list of names: get it again"
    return None


def _place(seeding: Seeding, mark: str) -> int:
    """After which line to go on in the same file; 0 in another one."""
    position = seeding.position
    return int(position.get("lines", 0)) if position.get("mark") == mark != "" else 0


def _show(progress: Progress, stream: FileStream, lines: int, shown: int | None) -> int | None:
    """Move on by kilobytes of the file after ``shown``, or else by lines."""
    if shown is None:
        progress.advance(lines)
        return None
    read = stream.done // KILOBYTE
    progress.advance(read - shown)
    return read


def _known_as(path: Path) -> str:
    """The path of a list as it can be kept and shown; no two files have the same."""
    whole = str(path.resolve())
    shown = printable(whole)
    if shown == whole:
        return whole
    return f"{shown} {blake2b(os.fsencode(whole), digest_size=4).hexdigest()}"
