"""The files of the audit of 2021 as batches of entities, each with the place where it ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from audit.seeding.img129_classes import LISTS, REPORTS, Reason, combined
from audit.seeding.img129_files import Headed, Member, line_blocks, members, printable
from audit.seeding.img129_lines import BadLine, Lines, NotAList, Parser, parser_for
from audit.seeding.img129_streams import Broken, FileStream

BATCH: Final = 10_000
BATCH_BLOCKS: Final = 400
"""A batch may also end with fewer entities, so that there is progress to show and to keep."""
SHOWN: Final = 20
EVENT: Final = "is the MBID of an event; the results are about releases only"


@dataclass(slots=True)
class Reading:
    """How far the files were read and what was seen; ``member`` and ``line`` count from 0.

    All lines before ``line`` of that member of that file, and all before it, were read.
    ``events`` are the lines with the MBID of one. ``other_lists`` are the first ones of which
    neither name nor lines give a class.
    """

    file: int = 0
    member: int = 0
    line: int = 0
    lines: int = 0
    bad_lines: int = 0
    repeated: int = 0
    events: int = 0
    refused_files: int = 0
    refusals: list[str] = field(default_factory=list)
    other_lists: list[str] = field(default_factory=list)

    def as_document(self) -> dict[str, Any]:
        """As a checkpoint keeps it."""
        return asdict(self)

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """As :meth:`as_document` gave it; of an empty one, the beginning."""
        return cls(**document)


@dataclass(frozen=True, slots=True)
class Portion:
    """Entities by lower-case MBID, and how far it goes.

    ``bytes_done`` of all bytes of the files, as they lie on disk, were read.
    """

    entities: Mapping[bytes, Reason]
    reading: Mapping[str, Any]
    bytes_done: int
    is_last: bool


class Reader:
    """Reads files from a place on.

    Each bad line is told to ``note_bad_line`` as soon as it is seen; the first ones are in
    ``bad_lines``. So is each line with one of the MBIDs in ``events``: none belongs into the
    results, and its item would be audited as that of a release. ``bytes_before`` are those of
    the files that are done.
    """

    def __init__(
        self,
        files: Sequence[Path],
        begun: Reading,
        note_bad_line: Callable[[str], None] | None = None,
        events: frozenset[bytes] = frozenset(),
    ) -> None:
        self._files = [(path, path.stat().st_size) for path in files]
        self._begun = (begun.file, begun.member, begun.line)
        self._reading = begun
        self._note_bad_line = note_bad_line
        self._events = events
        self._last_refusal = ""
        self._entities: dict[bytes, Reason] = {}
        self._told = 0
        self._blocks = 0
        self._stream: FileStream | None = None
        self.bad_lines: list[str] = []
        self.bytes_before = sum(size for _, size in self._files[: begun.file])
        self.bytes_in_all = sum(size for _, size in self._files)

    def batches(self) -> Generator[Portion, None, None]:
        """Everything from the place on. A file that cannot be used is noted and passed over."""
        for number, (path, size) in enumerate(self._files):
            if number < self._begun[0]:
                continue
            self._move(number, 0, 0)
            yield from self._file(path)
            self.bytes_before, self._stream = self.bytes_before + size, None
        self._move(len(self._files), 0, 0)
        yield self._batch()

    def _move(self, file: int, member: int, line: int) -> None:
        """Go on to a place, unless it is before the one to begin at."""
        if (file, member, line) >= self._begun:
            self._reading.file, self._reading.member, self._reading.line = file, member, line

    def _file(self, path: Path) -> Iterator[Portion]:
        label = printable(str(path))
        try:
            file = path.open("rb", buffering=0)
        except OSError as error:
            self._refuse(f"{label} cannot be read: {error.strerror}")
            return
        self._stream = FileStream(file, label)
        with file:
            try:
                for member in self._members(members(self._stream, label, name=path.name), label):
                    yield from self._member(member)
            except Broken as broken:
                self._refuse(str(broken))

    def _members(self, found: Iterator[Member], label: str) -> Iterator[Member]:
        """Those that were not read before."""
        file = self._reading.file
        is_empty = True
        for number, member in enumerate(found):
            is_empty = is_empty and member.stream.is_empty
            if (file, number) >= self._begun[:2] and member.name not in REPORTS:
                self._move(file, number, 0)
                yield member
                self._move(file, number + 1, 0)
        if is_empty:
            self._refuse(f"{label} is empty: download it again")

    def _member(self, member: Member) -> Iterator[Portion]:
        number = 0
        blocks = Headed(line_blocks(member.stream))
        try:
            parse = self._parser(member, blocks.head())
            for block in blocks:
                done = min(self._reading.line - number, len(block))
                self._lines(member.label, parse, block[done:], number + done)
                number += len(block)
                self._reading.line = max(self._reading.line, number)
                self._blocks += 1
                if len(self._entities) >= BATCH or self._blocks >= BATCH_BLOCKS:
                    yield self._batch()
        except NotAList as problem:
            self._refuse(f"{member.label} {problem}")
        except Broken as broken:
            self._refuse(str(broken))

    def _parser(self, member: Member, head: Sequence[bytes]) -> Parser:
        parser = parser_for(member.name, head)
        others = self._reading.other_lists
        is_bare = isinstance(parser, Lines) and not any(b"\t" in line for line in head)
        is_other = bool(head) and is_bare and member.name not in LISTS
        if is_other and member.label not in others and len(others) < SHOWN:
            others.append(member.label)
        return parser

    def _lines(self, label: str, parse: Parser, lines: Sequence[bytes], done: int) -> None:
        entities, events = self._entities, self._events
        self._reading.lines += len(lines)
        for number, line in enumerate(lines, done + 1):
            try:
                parsed = parse(line)
            except BadLine as bad:
                self._reading.bad_lines += 1
                self._tell(f"{label}: line {number}: {bad}")
                continue
            if parsed is None:
                continue
            mbid, why = parsed
            if mbid in events:
                self._reading.events += 1
                self._tell(f"{label}: line {number}: {mbid.decode()} {EVENT}")
                continue
            self._told += 1
            known = entities.setdefault(mbid, why)
            if known is not why:
                entities[mbid] = combined(known, why)

    def _tell(self, problem: str) -> None:
        if len(self.bad_lines) < SHOWN:
            self.bad_lines.append(problem)
        if self._note_bad_line is not None:
            self._note_bad_line(problem)

    def _refuse(self, problem: str) -> None:
        """Note that a file cannot be used; once, however many members of it are affected."""
        if problem != self._last_refusal and problem not in self._reading.refusals:
            self._last_refusal = problem
            self._reading.refused_files += 1
            if len(self._reading.refusals) < SHOWN:
                self._reading.refusals.append(problem)

    def _batch(self) -> Portion:
        """All that was read since the last one."""
        done = self.bytes_before + (self._stream.done if self._stream else 0)
        self._reading.repeated += self._told - len(self._entities)
        is_last = self._reading.file == len(self._files)
        batch = Portion(self._entities, self._reading.as_document(), done, is_last)
        self._entities, self._told, self._blocks = {}, 0, 0
        return batch
