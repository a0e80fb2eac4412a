"""Whether originals still have the bytes that the last clean audit saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from artwork_indexer.archive import names
from artwork_indexer.archive.metadata import Present
from audit.states import Evidence, Expected


@dataclass(frozen=True, slots=True)
class Changed:
    """An original with other bytes; ``before`` is the beginning of their earlier md5."""

    image_id: int
    file: str
    before: str
    md5: str


def changed(expected: Expected, record: Present, evidence: Evidence) -> Iterator[Changed]:
    """The originals that both audits saw, and that are not the same."""
    if not evidence.originals:
        return
    for image in expected.images:
        before = evidence.originals.get(image.id)
        name = names.image(expected.gid, image.id, image.suffix)
        file = record.files.get(name)
        if before is None or file is None or file.md5 is None or file.md5.startswith(before):
            continue
        yield Changed(image.id, name, before, file.md5)
