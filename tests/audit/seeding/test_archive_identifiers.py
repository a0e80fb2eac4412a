"""Lists of names of items: what is imported of them, and what is not."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from artwork_indexer.errors import InputError, Refused
from artwork_indexer.projects import CAA, EAA
from audit.seeding import progress
from audit.seeding.archive import with_art
from audit.seeding.identifiers import LOOKED_UP, look_up
from audit.seeding.item_lists import BATCH, LOOKED_AT, ItemList
from audit.seeding.progress import Progress, Tally
from audit.seeding.rejected import Rejected
from tests.audit.seeding.archive_fixtures import (
    EVENT,
    MERGED_EVENT,
    MERGED_RELEASE,
    RELEASE,
    UNKNOWN,
    Place,
    mbid,
    names,
)
from tests.queue_fixtures import until

pytest_plugins = ["tests.audit.seeding.archive_plugin"]

KNOWN = (RELEASE, MERGED_RELEASE, EVENT, MERGED_EVENT)
UPPER = f"mbid-{RELEASE.upper()}"


@pytest.fixture
def items(tmp_path: Path) -> Path:
    return tmp_path / "items"


def write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def write_again(path: Path, content: str) -> None:
    """As many bytes as there are, and a second later."""
    before = path.stat()
    write(path, content)
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))


async def imported(place: Place, path: Path, project: Any = None, **options: Any) -> Any:
    """The tally, what was read, and the list of what is not used."""
    rejected = path.with_suffix(".rejected")
    with Rejected(rejected) as list_of_rejected:
        seeding, outcome = await ItemList(
            place.database, path, project, is_dry=options.pop("is_dry", False)
        ).run(place.progress, list_of_rejected, **options)
    lines = rejected.read_text("utf-8").splitlines() if rejected.exists() else []
    return seeding.tally, outcome, [line.split("\t") for line in lines]


def types(place: Place) -> dict[str, str]:
    return {gid: row["entity_type"] for gid, row in place.entities().items()}


async def test_the_database_decides_and_nobody_guesses(place: Place, items: Path) -> None:
    write(items, "".join(f"mbid-{gid}\n" for gid in (*KNOWN, UNKNOWN)))
    tally, outcome, rejected = await imported(place, items)
    assert types(place) == {
        RELEASE: "release",
        MERGED_RELEASE: "release",
        EVENT: "event",
        MERGED_EVENT: "event",
    }
    assert tally == Tally(inserted=4, refused=1)
    assert outcome.counts["undecidable"] == 1
    assert rejected[0][0] == f"mbid-{UNKNOWN}"
    assert rejected[0][1].startswith("undecidable: neither a release nor an event")
    assert rejected[0][2] == f"{items}:5"


@pytest.mark.parametrize(("project", "entity_type"), [(CAA, "release"), (EAA, "event")])
async def test_the_collection_decides_where_the_database_cannot(
    place: Place, items: Path, project: Any, entity_type: str
) -> None:
    write(items, "".join(f"mbid-{gid}\n" for gid in (RELEASE, EVENT, UNKNOWN)))
    tally, _, rejected = await imported(place, items, project)
    assert types(place) == {RELEASE: "release", EVENT: "event", UNKNOWN: entity_type}
    assert (tally, rejected) == (Tally(inserted=3), [])


async def test_what_is_under_audit_already_is_decided(place: Place, items: Path) -> None:
    write(items, f"mbid-{UNKNOWN}\n")
    await imported(place, items, EAA)
    tally, _, _ = await imported(place, items)
    assert tally == Tally(already=1)


async def test_each_of_many_is_looked_up(place: Place) -> None:
    """Also the last one of a query, and the first one of the next."""
    others = [mbid(number) for number in range(LOOKED_UP - 1)]
    known = await look_up(place.database, [*others, RELEASE, EVENT])
    assert (known["release"].live, known["event"].live) == ({RELEASE}, {EVENT})


async def test_a_merge_brings_back_what_was_found_in_order(place: Place, items: Path) -> None:
    place.rows.execute(
        "INSERT INTO artwork_indexer.audit_entity (entity_type, gid, status, priority)"
        " SELECT 'release', gid::uuid, 'clean', 200 FROM unnest(%s::text[]) AS gid",
        [[RELEASE, MERGED_RELEASE]],
    )
    place.rows.execute(
        "UPDATE artwork_indexer.audit_entity SET next_audit_at = now() + interval '80 days'"
    )
    write(items, f"mbid-{RELEASE}\nmbid-{MERGED_RELEASE}\n")
    await imported(place, items)
    found = place.entities()
    assert [
        found[gid]["next_audit_at"] < datetime.now(UTC) for gid in (RELEASE, MERGED_RELEASE)
    ] == [False, True]


async def test_ends_of_lines_case_marks_and_what_is_no_name(place: Place, items: Path) -> None:
    lines = (
        b"\xef\xbb\xbf" + f"mbid-{RELEASE}\r\n".encode(),
        f"{UPPER}\n\r\n   \n# mbid-{UNKNOWN}\n".encode(),
        f"  mbid-{EVENT} \n".encode(),
        b"mbid-\xff\xfe\n",
        f"{MERGED_EVENT}\n".encode(),
        f"https://archive.org/details/mbid-{MERGED_EVENT}\n".encode(),
        f"mbid-{MERGED_EVENT}-1.jpg\n\x1b[31mred\nmbid{MERGED_EVENT}\n".encode(),
        f"mbid-{MERGED_RELEASE}".encode(),
    )
    write(items, b"".join(lines))
    tally, outcome, rejected = await imported(place, items)
    assert set(types(place)) == {RELEASE, EVENT, MERGED_RELEASE}
    assert tally == Tally(inserted=3, skipped=4, refused=3)
    assert outcome.counts["repeated"] == 1
    assert [(name, place.rpartition(":")[2]) for name, _, place in rejected] == [
        ("mbid-\\xff\\xfe", "7"),
        (MERGED_EVENT, "8"),
        (f"https://archive.org/details/mbid-{MERGED_EVENT}", "9"),
        (f"mbid-{MERGED_EVENT}-1.jpg", "10"),
        ("?[31mred", "11"),
        (f"mbid{MERGED_EVENT}", "12"),
    ]


async def test_a_name_that_comes_twice_is_told_with_its_first_line(
    place: Place, items: Path
) -> None:
    write(items, f"mbid-{RELEASE}\nsomething\n\nsomething\n")
    _, _, rejected = await imported(place, items)
    assert {place for _, _, place in rejected} == {f"{items}:2"}


async def test_what_looks_like_ours_is_refused_and_not_foreign(place: Place, items: Path) -> None:
    write(items, f"MBID-{RELEASE}\n{RELEASE}\nsomething\n")
    tally, outcome, _ = await imported(place, items)
    assert tally == Tally(skipped=1, refused=2)
    assert (outcome.counts["malformed"], outcome.counts["foreign"]) == (2, 1)


async def test_lines_that_say_the_same_are_counted(place: Place, items: Path) -> None:
    write(items, f"mbid-{RELEASE}\n" * 3)
    tally, outcome, _ = await imported(place, items)
    assert tally == Tally(1, skipped=2)
    assert outcome.counts["repeated"] == 2


async def test_a_packed_list_is_read_as_a_stream(place: Place, items: Path) -> None:
    write(items, gzip.compress(f"mbid-{RELEASE}\n".encode()))
    tally, _, _ = await imported(place, items)
    assert tally == Tally(1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\n<!DOCTYPE html><html><body>Log in</body></html>\n", "is a page in HTML or XML"),
        ("mbid-1\n".encode("utf-16"), "is UTF-16: convert it with iconv"),
        (b"\x7fELF\0\0", "is binary and no list of names"),
    ],
)
async def test_a_file_that_is_no_list_is_named(
    place: Place, items: Path, content: bytes, problem: str
) -> None:
    write(items, content)
    tally, outcome, rejected = await imported(place, items)
    assert (tally, rejected) == (Tally(), [])
    assert len(outcome.problems) == 1
    assert outcome.problems[0].startswith(f"{items} {problem}")


async def test_what_comes_before_a_broken_end_is_imported(place: Place, items: Path) -> None:
    whole = gzip.compress("".join(f"{name}\n" for name in names(*range(20_000))).encode())
    write(items, whole[: len(whole) // 2])
    tally, outcome, _ = await imported(place, items, CAA)
    assert 0 < tally.inserted == len(place.entities()) < 20_000
    assert "is cut off" in outcome.problems[0]
    assert "What came before is under audit" in outcome.problems[0]
    tally, outcome, _ = await imported(place, items, CAA)
    assert (tally.inserted, len(outcome.problems)) == (0, 1)
    # Downloaded again, it is another file: nothing in it is passed over.
    write(items, whole)
    tally, _, _ = await imported(place, items, CAA)
    assert tally.total == 20_000
    assert len(place.entities()) == 20_000


async def test_a_list_mended_in_place_is_read_from_its_beginning(place: Place, items: Path) -> None:
    """It has the same size, and begins like the damaged one."""
    whole = gzip.compress("".join(f"{name}\n" for name in names(*range(30_000))).encode())
    damaged = bytearray(whole)
    damaged[len(whole) * 3 // 4] ^= 0xFF
    write(items, bytes(damaged))
    tally, outcome, _ = await imported(place, items, CAA)
    assert 0 < tally.inserted < 30_000
    assert len(outcome.problems) == 1
    write(items, whole)
    tally, outcome, _ = await imported(place, items, CAA)
    assert (tally.total, outcome.problems) == (30_000, [])
    assert {mbid(number) for number in range(30_000)} <= set(place.entities())


@pytest.mark.usefixtures("patient_locks")
async def test_goes_on_after_the_last_batch_of_the_same_file(
    place: Place, items: Path, database_url: str
) -> None:
    write(items, "".join(f"{name}\n" for name in names(*range(2 * BATCH))))
    with psycopg.connect(database_url) as other:
        # An entity of the second batch, inserted by somebody who has not committed.
        other.execute(
            "INSERT INTO artwork_indexer.audit_entity (entity_type, gid) VALUES ('release', %s)",
            [mbid(BATCH)],
        )
        running = asyncio.create_task(imported(place, items, CAA))
        await until(lambda: len(place.entities()) == BATCH)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        other.rollback()
    assert len(place.entities()) == BATCH
    tally, outcome, _ = await imported(place, items, CAA)
    assert (tally, outcome.lines) == (Tally(BATCH), 2 * BATCH)
    assert f"going on after line {BATCH:,}" in place.progress_text()
    tally, _, _ = await imported(place, items, CAA)
    assert tally == Tally(already=2 * BATCH)


async def test_a_dry_list_writes_nothing(place: Place, items: Path) -> None:
    write(items, f"mbid-{RELEASE}\n")
    tally, _, _ = await imported(place, items, is_dry=True)
    assert tally == Tally(1)
    assert place.entities() == {}


UNDECIDABLE = "".join(f"{name}\n" for name in names(*range(BATCH + 1)))


class Full(Rejected):
    """A list of names with room for so many."""

    def __init__(self, room: int) -> None:
        super().__init__(None)
        self._room = room

    def note(self, name: str, why: str, place: str = "") -> None:
        self._room -= 1
        if self._room < 0:
            raise InputError(f"No room for {name}: {why}, {place}.")


async def stopped_after_one_batch(place: Place, path: Path) -> None:
    """Begin with a list none of whose names can be decided."""
    write(path, UNDECIDABLE)
    with pytest.raises(InputError, match="No room"):
        await ItemList(place.database, path, None).run(place.progress, Full(BATCH))


async def test_another_collection_is_another_list(place: Place, items: Path) -> None:
    """What nobody could decide before, the collection decides now."""
    await stopped_after_one_batch(place, items)
    assert place.checkpoint(f"archive identifiers {items}")["refused"] == BATCH
    tally, _, _ = await imported(place, items, CAA)
    assert tally == Tally(inserted=BATCH + 1)
    assert "going on" not in place.progress_text()


async def test_a_list_that_was_written_since_is_read_from_its_first_line(
    place: Place, items: Path
) -> None:
    """It has the same size, and begins like the one before."""
    await stopped_after_one_batch(place, items)
    (late,) = names(BATCH - 1)
    assert UNDECIDABLE.index(late) > LOOKED_AT
    write_again(items, UNDECIDABLE.replace(late, f"mbid-{RELEASE}"))
    tally, _, _ = await imported(place, items)
    assert tally == Tally(inserted=1, refused=BATCH)


async def test_what_a_pipe_gives_is_read_from_its_first_line(place: Place, items: Path) -> None:
    os.mkfifo(items)
    writing = asyncio.create_task(asyncio.to_thread(write, items, UNDECIDABLE))
    with pytest.raises(InputError, match="No room"):
        await ItemList(place.database, items, None).run(place.progress, Full(BATCH))
    await writing
    (tally, _, _), _ = await asyncio.gather(
        imported(place, items), asyncio.to_thread(write, items, f"mbid-{RELEASE}\n")
    )
    assert tally == Tally(1)


async def test_restart_forgets_the_place_at_once(place: Place, items: Path) -> None:
    await stopped_after_one_batch(place, items)
    with pytest.raises(InputError, match="No room"):
        await ItemList(place.database, items, None).run(place.progress, Full(0), restart=True)
    assert place.checkpoint(f"archive identifiers {items}")["position"] == {}


async def test_any_name_of_a_file_can_be_kept_and_shown(place: Place, tmp_path: Path) -> None:
    for directory in ("1", "2"):
        (tmp_path / directory).mkdir()
    odd_names = (b"l\xe9", b"l\xe8", b"a\nb\x1b[31m", b"1/" + b"x" * 220, b"2/" + b"x" * 220)
    for number, odd in enumerate(odd_names):
        path = tmp_path / os.fsdecode(odd)
        write(path, f"mbid-{mbid(number)}\nsomething\n")
        tally, _, rejected = await imported(place, path, CAA)
        assert (tally.inserted, len(rejected), len(rejected[0])) == (1, 1, 3)
        assert rejected[0][2].isprintable()
    kept = place.rows.execute("SELECT source FROM artwork_indexer.audit_seeding").fetchall()
    assert len(kept) == len(odd_names)
    assert all(row["source"].isprintable() for row in kept)


async def test_progress_counts_what_was_read_of_a_file(
    place: Place, items: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    content = "".join(f"{name}\n" for name in names(*range(3 * BATCH)))
    write(items, content)
    text = io.StringIO()
    with Progress("list", "lines", stream=text) as shown, Rejected(None) as rejected:
        await ItemList(place.database, items, CAA).run(shown, rejected)
    kilobytes = len(content) // 1000
    first, *_, last = text.getvalue().splitlines()
    assert f" of {kilobytes} kB, " in first
    assert last.startswith(f"list: {kilobytes} of {kilobytes} kB, ")


async def test_a_list_of_rejected_names_that_is_full_is_told_once() -> None:
    with (
        pytest.raises(InputError, match=r"^/dev/full cannot be written: No space left on device\."),
        Rejected(Path("/dev/full")) as rejected,
    ):
        rejected.note("x", "foreign")


async def test_a_database_without_musicbrainz_is_refused(place: Place, items: Path) -> None:
    place.rows.execute("ALTER SCHEMA musicbrainz RENAME TO elsewhere")
    write(items, f"mbid-{RELEASE}\n")
    with pytest.raises(Refused, match=r"no MusicBrainz database .* Let \[database\] point at one"):
        await imported(place, items)
    with pytest.raises(Refused, match="no MusicBrainz database"):
        await with_art(place.database)
