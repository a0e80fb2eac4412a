"""The regular files of a tar archive, one after the other.

The standard library reads the headers; its own walk keeps every member it has seen, and
believes whatever length a header claims for a name.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audit.seeding.img129_streams import CHUNK, Buffered, cut_off, damaged

BLOCK: Final = 512
LONGEST_EXTENSION: Final = 1 << 20
_EXTENSIONS: Final = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME)
_PASSED_OVER: Final = (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK)
_PAX_LENGTH: Final = re.compile(rb"([0-9]{1,7}) ")


class TarStream:
    """The bytes of one member."""

    def __init__(self, archive: Buffered, size: int, name: str) -> None:
        self._archive = archive
        self._left = size
        self._padding = -size % BLOCK
        self._name = name

    def read(self, size: int) -> bytes:
        """The next bytes."""
        if not self._left:
            return b""
        found = self._archive.read(min(size, self._left))
        if not found:
            raise cut_off(self._name)
        self._left -= len(found)
        return found

    def pass_over(self) -> None:
        """Go to the next header.

        Raises:
            Broken: the archive ends before.
        """
        self._left += self._padding
        self._padding = 0
        while self.read(CHUNK):
            pass


def looks_like_tar(head: bytes) -> bool:
    """Whether the first block of a file is the header of a member."""
    try:
        return head[257:262] == b"ustar" and bool(tarfile.TarInfo.frombuf(head, "utf-8", "replace"))
    except tarfile.HeaderError:
        return False


@dataclass(slots=True)
class Extension:
    """What stands before a header because it does not fit into it."""

    name: str | None = None
    size: int | None = None

    def read(self, kind: bytes, data: bytes) -> None:
        """Take over what an extension says."""
        if kind == tarfile.GNUTYPE_LONGNAME:
            self.name = data.rstrip(b"\0").decode("utf-8", "replace")
            return
        for key, value in pax_records(data):
            if key == b"path":
                self.name = value.decode("utf-8", "replace")
            elif key == b"size" and value.isdigit():
                self.size = int(value[:20])


def pax_records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; a record is its length, a space, key, "=", value, and a line end."""
    while length := _PAX_LENGTH.match(data):
        end = max(int(length[1]), length.end())
        key, _, value = data[length.end() : end].removesuffix(b"\n").partition(b"=")
        yield key, value
        data = data[end:]


def tar_members(archive: Buffered, label: str) -> Iterator[tuple[str, TarStream]]:
    """Name and bytes of each regular file; read them before the next one.

    Directories, links and devices are passed over. ``label`` names the archive in errors.

    Raises:
        Broken: the archive is cut off or damaged.
    """
    extension = Extension()
    while (header := _next_header(archive, label)) is not None:
        size = header.size if extension.size is None else extension.size
        if header.type in _EXTENSIONS:
            extension.read(header.type, _extension(archive, header.size, label))
            continue
        if header.type not in _PASSED_OVER:
            name, extension = extension.name or header.name, Extension()
            if not _has_bytes(header):
                continue
            stream = TarStream(archive, size, label)
            if header.isreg():
                yield name, stream
        else:
            stream = TarStream(archive, header.size, label)
        stream.pass_over()
    while archive.read(CHUNK):
        # To the very end: only there it shows whether what was read is undamaged.
        pass


def _next_header(archive: Buffered, label: str) -> tarfile.TarInfo | None:
    """The next header; None at the end mark."""
    block = _exactly(archive, BLOCK, label)
    if not block.strip(b"\0"):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.HeaderError as error:
        raise damaged(label, error) from error
    if header.size < 0 or header.type == tarfile.GNUTYPE_SPARSE:
        raise damaged(label, "a member of a kind that is not expected")
    return header


def _has_bytes(header: tarfile.TarInfo) -> bool:
    """As tar has it: links, devices and directories have none, whatever their size says."""
    return header.isreg() or header.type not in tarfile.SUPPORTED_TYPES


def _extension(archive: Buffered, size: int, label: str) -> bytes:
    if size > LONGEST_EXTENSION:
        raise damaged(label, "a name that is too long")
    return _exactly(archive, size + -size % BLOCK, label)[:size]


def _exactly(archive: Buffered, size: int, label: str) -> bytes:
    found = b""
    while len(found) < size:
        more = archive.read(size - len(found))
        if not more:
            raise cut_off(label)
        found += more
    return found
