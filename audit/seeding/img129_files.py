"""The files of the audit of 2021 as lines: plain, .gz, .xz, .tar, and each of them in another.

Nothing is unpacked to disk, and memory stays small whatever a file claims to hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audit.seeding.img129_lines import LONGEST_LINE
from audit.seeding.img129_streams import (
    CHUNK,
    GZIP_MAGIC,
    XZ_MAGIC,
    Buffered,
    GzipStream,
    Stream,
    XzStream,
)
from audit.seeding.img129_tar import BLOCK, looks_like_tar, tar_members

DEEPEST: Final = 4
"""So many layers of packing are taken off."""
BOM: Final = b"\xef\xbb\xbf"
_SUFFIXES: Final = re.compile(
    r"( \(\d+\)|\.(gz|xz|tar|tgz|txz|txt|tsv|csv|log|jsonl?))+$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file that holds lines: where it is, its name without suffixes, and its bytes."""

    label: str
    name: str
    stream: Buffered


def members(stream: Stream, label: str, layers: int = 0) -> Iterator[Member]:
    """All files in a file; read each before the next one.

    Raises:
        Broken: the file is cut off or damaged. What came before can be used.
    """
    head = Buffered(stream)
    start = head.peek(BLOCK)
    if layers < DEEPEST and start.startswith(XZ_MAGIC):
        yield from members(XzStream(head, label), label, layers + 1)
    elif layers < DEEPEST and start.startswith(GZIP_MAGIC):
        yield from members(GzipStream(head, label), label, layers + 1)
    elif layers < DEEPEST and looks_like_tar(start):
        for name, member in tar_members(head, label):
            yield from members(member, f"{label}: {printable(name)}", layers + 1)
    else:
        yield Member(label, list_name(label), head)


def printable(name: str) -> str:
    """A name from an archive, short and safe to print."""
    return "".join(c if c.isprintable() else "?" for c in name[-200:])


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
    pending, discarding = b"", False
    while piece := stream.read(CHUNK):
        if discarding:
            end = piece.find(b"\n") + 1
            if not end:
                continue
            piece, discarding = piece[end:], False
        piece = pending + piece
        end = _end_of_lines(piece)
        lines, pending = piece[:end].splitlines(), piece[end:]
        if len(pending) > LONGEST_LINE:
            lines.append(pending[: LONGEST_LINE + 1])
            pending, discarding = b"", True
        if lines:
            yield lines
    if pending:
        yield pending.splitlines()


def _end_of_lines(piece: bytes) -> int:
    """Where the last whole line ends. A CR at the very end may be half of a CRLF."""
    return piece.rfind(b"\n") + 1 or piece.rfind(b"\r", 0, -1) + 1
