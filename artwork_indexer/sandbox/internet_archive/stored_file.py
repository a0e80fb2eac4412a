"""Files of an item: the bytes, and what the Internet Archive says about them."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes with their sums; several files (copies, old versions) may share one.

    The bytes are ``pattern``, repeated up to ``size``, so a big file needs little memory.
    """

    pattern: bytes = field(repr=False)
    size: int
    md5: str
    sha1: str
    crc32: str

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the content of exactly these bytes."""
        return cls(
            data,
            len(data),
            hashlib.md5(data, usedforsecurity=False).hexdigest(),
            hashlib.sha1(data, usedforsecurity=False).hexdigest(),
            f"{zlib.crc32(data):08x}",
        )

    @classmethod
    def repeated(cls, pattern: bytes, size: int) -> Self:
        """Return ``size`` bytes made of ``pattern``; only the pattern is kept in memory."""
        whole = cls.of(_repeat(pattern, size))
        return cls(pattern, size, whole.md5, whole.sha1, whole.crc32)

    def read(self) -> bytes:
        """Return all bytes."""
        if len(self.pattern) == self.size:
            return self.pattern
        return _repeat(self.pattern, self.size)


def _repeat(pattern: bytes, size: int) -> bytes:
    return (pattern * (size // len(pattern) + 1))[:size]


@dataclass(slots=True)
class StoredFile:
    """One entry of ``files``; ``mtime`` in seconds since 1970."""

    name: str
    content: Content
    mtime: int
    format: str
    source: str = "original"
    original: str | None = None
    """Name of the file a derivative was made from."""
    made_from: str = ""
    """md5 of that file at the time."""
    extra: dict[str, str] = field(default_factory=dict)

    def entry(self) -> dict[str, str]:
        """Return the entry as in a metadata record: every value is a string."""
        content = self.content
        entry = {"name": self.name, "source": self.source}
        if self.original is not None:
            entry["original"] = self.original
        entry["mtime"] = str(self.mtime)
        entry["size"] = str(content.size)
        entry["md5"] = content.md5
        entry["crc32"] = content.crc32
        entry["sha1"] = content.sha1
        entry["format"] = self.format
        entry.update(self.extra)
        return entry
