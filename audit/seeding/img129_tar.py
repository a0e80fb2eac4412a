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

from audit.seeding.img129_streams import CHUNK, Broken, Buffered, cut_off, damaged

BLOCK: Final = 512
LONGEST_EXTENSION: Final = 1 << 20
_EXTENSIONS: Final = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME)
_PASSED_OVER: Final = (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK)
ENCODING: Final = ("utf-8", "surrogateescape")
_SPARSE_GOES_ON: Final = 482
_SPARSE_GOES_ON_AGAIN: Final = 504
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
    """Whether the first block of a file is the header of a member.

    The oldest kind has nothing where the others have "ustar" and names of owners; GNU tar still
    writes numbers of a device into it.
    """
    is_oldest = head[:1] > b"\0" and not (head[257:329] + head[345:]).strip(b"\0")
    is_header = is_oldest or head[257:262] == b"ustar"
    try:
        return is_header and tarfile.TarInfo.frombuf(head, *ENCODING).size >= 0
    except tarfile.HeaderError:
        return False


@dataclass(slots=True)
class Extension:
    """What stands before a header because it does not fit into it."""

    name: str | None = None
    size: int | None = None
    is_sparse: bool = False

    def read(self, kind: bytes, data: bytes) -> None:
        """Take over what an extension says."""
        if kind == tarfile.GNUTYPE_LONGNAME:
            self.name = data.rstrip(b"\0").decode(*ENCODING)
            return
        records = dict(pax_records(data))
        for key, value in records.items():
            if key == b"GNU.sparse.name" or (key == b"path" and b"GNU.sparse.name" not in records):
                self.name = value.decode(*ENCODING)
            elif key == b"size" and value.isdigit():
                self.size = int(value[:20])
            self.is_sparse |= key.startswith(b"GNU.sparse.")


def pax_records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; a record is its length, a space, key, "=", value, and a line end."""
    while length := _PAX_LENGTH.match(data):
        end = max(int(length[1]), length.end())
        key, _, value = data[length.end() : end].removesuffix(b"\n").partition(b"=")
        yield key, value
        data = data[end:]


def tar_members(archive: Buffered, label: str) -> Iterator[tuple[str, TarStream | None]]:
    """Name and bytes of each regular file; read them before the next one.

    Directories, links and devices are passed over. Of a sparse file there is only the name.
    Further archives behind the end of the first one are read as well. ``label`` names the
    archive in errors.

    Raises:
        Broken: the archive is cut off or damaged.
    """
    while True:
        yield from _members(archive, label)
        _pass_over_zeros(archive)
        if not archive.peek(1):
            # To the very end: only there it shows whether what was read is undamaged.
            archive.read(1)
            return
        if not looks_like_tar(archive.peek(BLOCK)):
            raise Broken(
                f"{label} has something behind its end that is no archive and was not read: "
                "put it into a file of its own"
            )


def _pass_over_zeros(archive: Buffered) -> None:
    """Go to where something stands again."""
    while piece := archive.peek(CHUNK):
        zeros = len(piece) - len(piece.lstrip(b"\0"))
        archive.read(zeros)
        if zeros < len(piece):
            return


def _members(archive: Buffered, label: str) -> Iterator[tuple[str, TarStream | None]]:
    """The files of one archive, up to its end mark."""
    extension = Extension()
    while (header := _next_header(archive, label)) is not None:
        size = header.size if extension.size is None else extension.size
        if header.type in _EXTENSIONS:
            extension.read(header.type, _extension(archive, header.size, label))
            continue
        if header.type not in _PASSED_OVER:
            name, is_sparse = extension.name or header.name, extension.is_sparse
            extension = Extension()
            if not _has_bytes(header):
                continue
            stream = TarStream(archive, size, label)
            if header.isreg():
                yield name, None if is_sparse or header.type == tarfile.GNUTYPE_SPARSE else stream
        else:
            stream = TarStream(archive, header.size, label)
        stream.pass_over()


def _next_header(archive: Buffered, label: str) -> tarfile.TarInfo | None:
    """The next header; None at the end mark. What follows it are the bytes of its file."""
    block = _exactly(archive, BLOCK, label)
    if not block.strip(b"\0"):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, *ENCODING)
    except tarfile.HeaderError as error:
        raise damaged(label, error) from error
    if header.size < 0:
        raise damaged(label, "a file of less than no bytes")
    goes_on = header.type == tarfile.GNUTYPE_SPARSE and block[_SPARSE_GOES_ON]
    while goes_on:
        goes_on = _exactly(archive, BLOCK, label)[_SPARSE_GOES_ON_AGAIN]
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
