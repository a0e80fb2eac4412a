"""Importing result files of the audit of 2021, beside what decoding and reading them costs.

``python -m benchmarks.img129 FILE`` makes an archive like theirs and prints how many lines it has.
"""

from __future__ import annotations

import io
import random
import statistics
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg

from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.postgres import Server
from artwork_indexer.sandbox.schema import musicbrainz_schema
from audit.seeding.img129_reading import Reader, Reading
from audit.seeding.img129_streams import CHUNK, FileStream, XzStream
from benchmarks.seeding import Run, command

ENTITIES = 1_000_000
ROUNDS = 3
SHARES = {
    "deleted_properly_delete": 0.005,
    "manual_check": 0.02,
    "merged_properly_delete": 0.03,
    "reindex": 0.3,
    "reindex_high_prioriy": 0.1,
    "reindex_w_metadata": 1.0,
}
"""Lists within lists, as those of 2021, and alphabetically in the archive; sizes are guesses."""
CHECKS = (
    "Item::CAAIndex::Image::missing image",
    "Item::CAAIndex::Image::image correct",
    "Item::CAAIndex::is present",
    "Item::CAAIndex::release url correct",
    "Item::Files::index.json exists",
    "Item::Metadata::creators correct",
    "Item::Metadata::date correct",
    "Item::Metadata::unexpected external id::upc",
)
FROM_MUSICBRAINZ = """
UPDATE artwork_indexer.audit_entity SET priority = 100, seeded_from = 'musicbrainz';
VACUUM ANALYZE artwork_indexer.audit_entity
"""


def triage_list(gids: Sequence[str], chance: random.Random) -> bytes:
    """A list as it was published, sorted by MBID."""
    return "".join(
        f"{gid}\thttps://musicbrainz.org/release/{gid}\thttps://archive.org/details/mbid-{gid}\t"
        f"{'; '.join(chance.sample(CHECKS, chance.randint(1, 4)))}\n"
        for gid in sorted(gids)
    ).encode()


def make_archive(path: Path) -> int:
    """An archive of triage lists; how many lines they have."""
    chance = random.Random(1)
    gids = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(ENTITIES)]
    lines = 0
    with tarfile.open(path, "w:xz", preset=1) as archive:
        for name, share in SHARES.items():
            some = chance.sample(gids, int(share * ENTITIES))
            data = triage_list(some, chance)
            member = tarfile.TarInfo(f"actionable_results/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
            lines += len(some)
    return lines


def decode(path: Path) -> None:
    """Only unpack the bytes."""
    with path.open("rb", buffering=0) as file:
        stream = XzStream(FileStream(file, path.name), path.name)
        while stream.read(CHUNK):
            pass


def read(path: Path) -> None:
    """Unpack, and understand every line."""
    for _ in Reader([path], Reading()).batches():
        pass


def seconds(work: Callable[[Path], None], path: Path) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    work(path)
    return time.perf_counter() - begun


def configured(server: Server, directory: Path, name: str) -> tuple[str, Path]:
    """A migrated database without entities, and its configuration."""
    conninfo = server.create_database(name)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(musicbrainz_schema().encode())
    migrate_database(conninfo)
    config = directory / f"{name}.ini"
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    config.write_text("[database]\n" + "".join(f"{key}={value}\n" for key, value in parts.items()))
    return conninfo, config


def told(what: str, lines: int, times: Sequence[float], more: str = "") -> str:
    """Lines a second: the median, and the spread."""
    rates = sorted(lines / each for each in times)
    return (
        f"img-129, {what}: {statistics.median(rates):,.0f} lines/s "
        f"({rates[0]:,.0f} to {rates[-1]:,.0f}){more}"
    )


def run(server: Server, directory: Path) -> Iterator[str]:
    """Set up, measure, report."""
    path = directory / "actionable_results.tar.xz"
    # In a process of its own: what this one once held would count as memory of its children.
    maker = [sys.executable, "-m", "benchmarks.img129", str(path)]
    lines = int(subprocess.check_output(maker))
    yield f"img-129: {lines:,} lines of {ENTITIES:,} releases, {path.stat().st_size:,} bytes"
    yield told("decoding the .xz alone", lines, [seconds(decode, path) for _ in range(ROUNDS)])
    yield told("decoding and reading", lines, [seconds(read, path) for _ in range(ROUNDS)])
    into_nothing, again, over_others = list[Run](), list[Run](), list[Run]()
    for number in range(ROUNDS):
        conninfo, config = configured(server, directory, f"bench_img129_{number}")
        into_nothing.append(command(config, "seed", "img-129", str(path), "--json"))
        again.append(command(config, "seed", "img-129", str(path), "--json"))
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for statement in FROM_MUSICBRAINZ.split(";"):
                connection.execute(statement.encode())
        over_others.append(command(config, "seed", "img-129", str(path), "--json"))
    most = max(each.mebibytes for each in into_nothing)
    memory = f", {most:.0f} MiB"
    times = [each.seconds for each in into_nothing]
    yield told("imported (>= 100,000)", lines, times, memory)
    yield told("imported again", lines, [each.seconds for each in again])
    times = [each.seconds for each in over_others]
    yield told("imported, all releases there before with less priority", lines, times)


if __name__ == "__main__":
    print(make_archive(Path(sys.argv[1])))
