"""Streams of bytes out of files: plain, gzip and xz; bounded memory, whatever is in them."""

from __future__ import annotations

import gzip
import lzma
import zlib
from io import FileIO
from typing import IO, Final, Protocol, cast

CHUNK: Final = 1 << 18
XZ_MEMORY: Final = 128 << 20
"""Twice of what files made with ``xz -9`` need."""
XZ_MAGIC: Final = b"\xfd7zXZ\0"
GZIP_MAGIC: Final = b"\x1f\x8b\x08"


class Broken(Exception):
    """A file that cannot be read to its end; the message names it and says why."""


def cut_off(name: str) -> Broken:
    """A file that ends too early."""
    return Broken(f"{name} is cut off: download it again, and run this again")


def damaged(name: str, why: object) -> Broken:
    """A file with wrong bytes in it."""
    return Broken(f"{name} is damaged ({why}): download it again, and run this again")


class Stream(Protocol):
    """Bytes from front to back."""

    def read(self, size: int, /) -> bytes:
        """At least one and at most ``size`` bytes; none at the end.

        Raises:
            Broken: there should be more, but it cannot be read.
        """


class FileStream:
    """An open file; ``done`` bytes of it were read."""

    def __init__(self, file: FileIO, name: str) -> None:
        self._file = file
        self._name = name
        self.done = 0

    def read(self, size: int) -> bytes:
        """The next bytes."""
        try:
            found = self._file.read(size) or b""
        except OSError as error:
            raise Broken(f"{self._name} cannot be read: {error.strerror or error}") from error
        self.done += len(found)
        return found


class Unusable:
    """A stream that cannot be read at all, and says why."""

    def __init__(self, why: str) -> None:
        self._why = why

    def read(self, _: int, /) -> bytes:
        """Raises Broken."""
        raise Broken(self._why)


class Buffered:
    """A stream whose next bytes can be looked at, and that is read in large pieces."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._held = b""
        self._place = 0
        self._broken: Broken | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it ends here; not when it is broken here."""
        return not self.peek(1) and self._broken is None

    def peek(self, size: int) -> bytes:
        """The next ``size`` bytes; fewer before the end, and where the stream is broken."""
        while len(self._held) - self._place < size and self._broken is None:
            try:
                more = self._more(CHUNK)
            except Broken:
                break
            if not more:
                break
            self._held, self._place = self._held[self._place :] + more, 0
        return self._held[self._place : self._place + size]

    def read(self, size: int) -> bytes:
        """The next bytes."""
        if self._place == len(self._held):
            if size >= CHUNK:
                return self._more(size)
            self._held, self._place = self._more(CHUNK), 0
        found = self._held[self._place : self._place + size]
        self._place += len(found)
        return found

    def _more(self, size: int) -> bytes:
        """What broke once stays broken: a decoder that went on would fail in another way."""
        if self._broken is not None:
            raise self._broken
        try:
            return self._stream.read(size)
        except Broken as broken:
            self._broken = broken
            raise


class XzStream:
    """What an .xz file holds; several after each other are one."""

    def __init__(self, stream: Stream, name: str) -> None:
        self._stream = stream
        self._name = name
        self._decoder = self._new_decoder()

    @staticmethod
    def _new_decoder() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def read(self, size: int) -> bytes:
        """The next bytes."""
        while True:
            compressed = b""
            if self._decoder.eof:
                compressed = self._next_file()
                if not compressed:
                    return b""
            elif self._decoder.needs_input:
                compressed = self._stream.read(CHUNK)
                if not compressed:
                    raise cut_off(self._name)
            try:
                found = self._decoder.decompress(compressed, size)
            except lzma.LZMAError as error:
                raise damaged(self._name, error) from error
            if found:
                return found

    def _next_file(self) -> bytes:
        """The first bytes of the .xz file behind the one that ended; zeros may stand between."""
        found = self._decoder.unused_data.lstrip(b"\0")
        while not found:
            more = self._stream.read(CHUNK)
            if not more:
                return b""
            found = more.lstrip(b"\0")
        self._decoder = self._new_decoder()
        return found


class GzipStream:
    """What a .gz file holds; several after each other are one."""

    def __init__(self, stream: Stream, name: str) -> None:
        self._name = name
        self._file = gzip.GzipFile(fileobj=cast("IO[bytes]", stream))

    def read(self, size: int) -> bytes:
        """The next bytes."""
        try:
            return self._file.read1(size)
        except EOFError as error:
            raise cut_off(self._name) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise damaged(self._name, error) from error
