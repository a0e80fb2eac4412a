"""The results of the audit of 2021 (ticket IMG-129) as seeds: which releases to look at first.

What it found is years old. Its lists set priority and reason, and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from artwork_indexer.database import Database
from artwork_indexer.errors import InputError
from audit.seeding.checkpoint import Batch, Checkpoints, Seeding
from audit.seeding.img129_classes import SOURCE, Reason
from audit.seeding.img129_events import event_mbids
from audit.seeding.img129_files import printable
from audit.seeding.img129_reading import Portion, Reader, Reading
from audit.seeding.progress import KILOBYTE, Progress, Tally

ENTITY_TYPE: Final = "release"
"""There was no event art in 2021: an MBID of an event does not belong into the results."""
SWITCH_SECONDS: Final = 0.0005


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; the counts are those of all its runs, if it was stopped and went on.

    ``tally``: ``refused`` are bad lines. ``raised``: how many of those ``already`` under audit
    this run moved forward; ``held``: how many it could not, for somebody has their rows.
    ``bad_lines``: the first that this run saw.
    """

    source: str
    tally: Tally
    raised: int
    held: int
    reading: Reading
    bad_lines: Sequence[str]
    is_resumed: bool


def result_files(paths: Iterable[Path]) -> list[Path]:
    """The files that paths name: themselves, and all files in directories.

    Raises:
        InputError: there is no such file, or a directory holds none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise InputError(f"{printable(str(path))} does not exist.")
        regular = [path] if path.is_file() else _regular_files(path)
        if not regular:
            raise InputError(
                f"{printable(str(path))} is no file, and no directory with files in it."
            )
        found.update(dict.fromkeys(regular))
    return list(found)


def _regular_files(directory: Path) -> list[Path]:
    """All files in a directory and below it; links are not followed."""
    found = (file for file in directory.rglob("*") if file.is_file() and not file.is_symlink())
    return sorted(found)


def source_of(files: Sequence[Path]) -> str:
    """The name under which the position in these files is kept.

    A file that was changed, or is another one of the same name, is read from its beginning.
    """
    digest = hashlib.sha256()
    for file in files:
        state = file.stat()
        digest.update(os.fsencode(file.resolve()))
        digest.update(f"\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{SOURCE} {printable(files[0].name)}{more} {digest.hexdigest()[:8]}"


async def import_files(
    database: Database,
    files: Sequence[Path],
    progress: Progress,
    *,
    is_dry: bool = False,
    note_bad_line: Callable[[str], None] | None = None,
) -> Imported:
    """Put the releases of result files under audit, from where a run before was stopped.

    While a batch is written, the next one is read. ``progress`` counts kilobytes of the files.

    Raises:
        Refused: another run over these files is under way, or this is no MusicBrainz database.
        Unreachable: somebody holds what a batch needs for too long.
    """
    source = source_of(files)
    seeding = await Seeding.open(database, source, dry=is_dry)
    position = seeding.position if seeding.is_resumed else {}
    begun = Reading.of_document(position)
    earlier = await Checkpoints(database).load(source) if seeding.is_resumed else None
    events = await event_mbids(database)
    reader = Reader(files, Reading.of_document(position), note_bad_line, events)
    progress.expect(reader.bytes_in_all // KILOBYTE)
    with _frequent_switches():
        reading = await _write(seeding, reader, begun, progress)
    return Imported(
        source=source,
        tally=(earlier.tally if earlier else Tally()) + seeding.tally,
        raised=seeding.raised,
        held=seeding.held,
        reading=reading,
        bad_lines=reader.bad_lines,
        is_resumed=seeding.is_resumed,
    )


@contextmanager
def _frequent_switches() -> Iterator[None]:
    """Let the writer interrupt the reader: else it waits 5 ms at each answer of the database."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


async def _write(seeding: Seeding, reader: Reader, begun: Reading, progress: Progress) -> Reading:
    """Write all batches; returns where the last one ends."""
    reading, kilobytes = begun, reader.bytes_before // KILOBYTE
    async with aclosing(_batches(reader)) as batches:
        async for batch in batches:
            before, reading = reading, Reading.of_document(batch.reading)
            await seeding.add(
                _seeds(batch.entities),
                batch.reading,
                refused=_refused(reading) - _refused(before),
                finished=batch.is_last,
            )
            progress.advance(batch.bytes_done // KILOBYTE - kilobytes)
            kilobytes = batch.bytes_done // KILOBYTE
    return reading


def _refused(reading: Reading) -> int:
    return reading.bad_lines + reading.events


def _seeds(entities: Mapping[bytes, Reason]) -> list[Batch]:
    if not entities:
        return []
    reasons = entities.values()
    return [
        Batch(
            ENTITY_TYPE,
            _array(map(bytes.decode, entities)),
            _array(str(why.list_class.priority) for why in reasons),
            _array(_element(why.text) for why in reasons),
        )
    ]


def _array(elements: Iterable[str]) -> str:
    """As PostgreSQL writes an array; psycopg would look at each element for much longer."""
    return f"{{{','.join(elements)}}}"


@lru_cache(maxsize=2048)
def _element(text: str) -> str:
    """A text as an element of an array."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


async def _batches(reader: Reader) -> AsyncGenerator[Portion, None]:
    """Batches in order; the next one is read while the user is busy with this one."""
    batches = reader.batches()
    ahead = _next(batches)
    try:
        while (batch := await asyncio.shield(ahead)) is not None:
            ahead = _next(batches)
            yield batch
    finally:
        # A thread cannot be stopped, but it ends soon: with its batch.
        await asyncio.wait([ahead])
        batches.close()


def _next(batches: Iterator[Portion]) -> asyncio.Task[Portion | None]:
    return asyncio.create_task(asyncio.to_thread(next, batches, None))
