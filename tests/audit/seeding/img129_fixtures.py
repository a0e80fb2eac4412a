"""Result files of the audit of 2021, made small."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from typing import Final

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
