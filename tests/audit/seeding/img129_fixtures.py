"""Result files of the audit of 2021, made small."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from typing import Final

from audit.seeding.img129_files import line_blocks, members
from audit.seeding.img129_streams import Broken

GIDS: Final = [f"{number:08x}-1ab2-4c3d-8e4f-{number:012x}" for number in range(0xA0, 0x4A0)]

MISSING: Final = "Item::CAAIndex::Image::missing image"
DATE: Final = "Item::Metadata::date correct"
URL: Final = "Item::CAAIndex::release url correct"
ORIGINAL: Final = "Item::Files::original image exists"
STALE: Final = "DeletedItem::index is absent"


def triage(gid: str, *checks: str) -> str:
    return (
        f"{gid}\thttps://musicbrainz.org/release/{gid}"
        f"\thttps://archive.org/details/mbid-{gid}\t{'; '.join(checks)}"
    )


def text(lines: Iterable[str], end: str = "\n") -> bytes:
    return "".join(f"{line}{end}" for line in lines).encode()


def tar(*members: tuple[str | tarfile.TarInfo, bytes]) -> bytes:
    """An archive of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for named, data in members:
            info = named if isinstance(named, tarfile.TarInfo) else tarfile.TarInfo(named)
            info.size = len(data) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class Pieces:
    """Bytes that come in pieces of given sizes, as from a slow disk; then of one size."""

    def __init__(self, data: bytes, sizes: Iterable[int] = (), then: int = 1 << 20) -> None:
        self._data = data
        self._sizes = iter(sizes)
        self._then = then

    def read(self, size: int) -> bytes:
        size = min(size, next(self._sizes, self._then))
        found, self._data = self._data[:size], self._data[size:]
        return found


def read(data: bytes, name: str = "file") -> dict[str, list[bytes]]:
    """All lines by list; raises Broken."""
    return {
        member.name: [line for block in line_blocks(member.stream) for line in block]
        for member in members(Pieces(data), name)
    }


def until_broken(data: bytes) -> tuple[list[bytes], str | None]:
    """The lines that can be read, and the complaint."""
    lines: list[bytes] = []
    try:
        for member in members(Pieces(data), "file"):
            for block in line_blocks(member.stream):
                lines += block
    except Broken as broken:
        return lines, str(broken)
    return lines, None


LIST = text(triage(gid, DATE) for gid in GIDS)
LINES = LIST.splitlines()
