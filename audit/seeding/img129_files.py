"""The files of the audit of 2021 as lines: plain, .gz, .xz, .tar, and each of them in another.

Nothing is unpacked to disk, and memory stays small whatever a file claims to hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from audit.seeding.img129_lines import LONGEST_LINE, LOOKED_AT, is_nothing, legible
from audit.seeding.img129_streams import (
    CHUNK,
    GZIP_MAGIC,
    XZ_MAGIC,
    Broken,
    Buffered,
    GzipStream,
    Stream,
    Unusable,
    XzStream,
)
from audit.seeding.img129_tar import BLOCK, ENCODING, looks_like_tar, tar_members

DEEPEST: Final = 4
"""So many layers of packing are taken off."""
LOOKED_AT_BYTES: Final = 2 * LONGEST_LINE
"""What a file is has to show in so many of its first bytes."""
BOM: Final = b"\xef\xbb\xbf"
_SUFFIXES: Final = re.compile(
    r"( \(\d+\)|\.(gz|xz|tar|tgz|txz|txt|tsv|csv|log|jsonl?))+$", re.IGNORECASE
)
_LINE_END: Final = re.compile(rb"[\r\n]")


@dataclass(frozen=True, slots=True)
class Member:
    """A file that holds lines: where it is, its name without suffixes, and its bytes."""

    label: str
    name: str
    stream: Buffered


def members(
    stream: Stream, label: str, layers: int = 0, *, name: str | None = None
) -> Iterator[Member]:
    """All files in a file; read each before the next one.

    ``label`` is for people, ``name`` is what the file is really called, if that is another text.

    Raises:
        Broken: the file is cut off or damaged. What came before can be used.
    """
    name = label if name is None else name
    head = Buffered(stream)
    start = head.peek(BLOCK)
    if layers < DEEPEST and start.startswith(XZ_MAGIC):
        yield from members(XzStream(head, label), label, layers + 1, name=name)
    elif layers < DEEPEST and start.startswith(GZIP_MAGIC):
        yield from members(GzipStream(head, label), label, layers + 1, name=name)
    elif layers < DEEPEST and looks_like_tar(start):
        for inside, member in tar_members(head, label):
            told = f"{label}: {printable(inside)}"
            yield from members(member or _sparse(told), told, layers + 1, name=inside)
    else:
        yield Member(label, list_name(name), head)


def _sparse(label: str) -> Unusable:
    return Unusable(f"{label} is a sparse file: pack it again without --sparse")


def printable(name: str) -> str:
    """The name of a file, short and safe to print and to keep, whatever its bytes are."""
    return legible(name[-200:].encode(*ENCODING))


def list_name(label: str) -> str:
    """The name of the list that a file holds: without directories and suffixes.

    Nor with the number that browsers give to a second download: "reindex (1).txt".
    """
    return _SUFFIXES.sub("", re.split(r"[/\\]|: ", label)[-1])


def line_blocks(stream: Buffered) -> Iterator[list[bytes]]:
    """The lines of a file without their ends (LF, CRLF or CR), many at a time.

    Of a line that is far too long only the beginning is kept, longer than LONGEST_LINE.

    Raises:
        Broken: as Stream. The line that was being read is dropped.
    """
    if stream.peek(len(BOM)) == BOM:
        stream.read(len(BOM))
    pending = b""
    while piece := stream.read(CHUNK):
        if len(pending) > LONGEST_LINE and not pending.endswith(b"\r"):
            # Nothing of what follows is kept until the line ends.
            end_of_line = _LINE_END.search(piece)
            if end_of_line is None:
                continue
            piece = piece[end_of_line.start() :]
        piece = pending + piece
        end = _end_of_lines(piece)
        lines, pending = piece[:end].splitlines(), piece[end:]
        if len(piece) > LONGEST_LINE:
            lines, pending = [line[: LONGEST_LINE + 1] for line in lines], _shortened(pending)
        if lines:
            yield lines
    if pending:
        yield pending.splitlines()


def _end_of_lines(piece: bytes) -> int:
    """Where the last whole line ends. A CR at the very end may be half of a CRLF."""
    return max(piece.rfind(b"\n"), piece.rfind(b"\r", 0, -1)) + 1


def _shortened(line: bytes) -> bytes:
    """The beginning of a line that may go on, and the CR at its end."""
    kept = line.removesuffix(b"\r")
    return kept[: LONGEST_LINE + 1] + line[len(kept) :]


class Headed:
    """Blocks of lines, whose first lines can be looked at before."""

    def __init__(self, blocks: Iterator[list[bytes]]) -> None:
        self._blocks = blocks
        self._held: list[list[bytes]] = []
        self._broken: Broken | None = None

    def head(self) -> list[bytes]:
        """The first LOOKED_AT lines that are meant to be read; the same in whatever blocks."""
        return list(islice(self._first_lines(), LOOKED_AT))

    def _first_lines(self) -> Iterator[bytes]:
        left = LOOKED_AT_BYTES
        try:
            for block in self._blocks:
                self._held.append(block)
                for line in block:
                    left -= len(line) + 1
                    if left < 0:
                        return
                    if not is_nothing(line):
                        yield line
        except Broken as broken:
            self._broken = broken

    def __iter__(self) -> Iterator[list[bytes]]:
        while self._held:
            yield self._held.pop(0)
        if self._broken is not None:
            raise self._broken
        yield from self._blocks
