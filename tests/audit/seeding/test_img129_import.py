"""The results of 2021 in the database: what they set, what they leave alone, and being stopped."""

from __future__ import annotations

import asyncio
import io
import json
import lzma
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from artwork_indexer.cli.main import guarded
from artwork_indexer.database import Database
from artwork_indexer.errors import InputError
from audit.seeding import img129_reading
from audit.seeding.img129 import Imported, import_files, result_files, source_of
from audit.seeding.progress import Progress, Tally
from tests.audit.seeding.img129_fixtures import DATE, GIDS, MISSING, URL, tar, text, triage
from tests.queue_fixtures import until

pytest_plugins = ["tests.audit.seeding.img129_plugin"]

Rows = psycopg.Connection[Any]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, size=2, prepared=False, name="test") as database:
        yield database


@pytest.fixture
def rows(database_url: str) -> Iterator[Rows]:
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def put(name: str, data: bytes) -> Path:
    Path(name).write_bytes(data)
    return Path(name)


async def seed(database: Database, *files: Path, is_dry: bool = False) -> Imported:
    progress = Progress("img-129", "kB", stream=io.StringIO())
    return await import_files(database, files, progress, is_dry=is_dry)


def entities(rows: Rows) -> dict[str, tuple[int, str]]:
    found = rows.execute("SELECT * FROM artwork_indexer.audit_entity ORDER BY id").fetchall()
    assert {row["entity_type"] for row in found} <= {"release"}
    assert {row["status"] for row in found} <= {"unchecked"}
    return {str(row["gid"]): (row["priority"], row["seeded_from"]) for row in found}


def everything(rows: Rows) -> list[dict[str, Any]]:
    """Rows with their versions: an update that changes nothing shows too."""
    return rows.execute("SELECT xmin, * FROM artwork_indexer.audit_entity ORDER BY id").fetchall()


def lists() -> Path:
    archive = tar(
        ("actionable_results/ia_set_noindex", text([triage(GIDS[0].upper(), DATE)])),
        ("actionable_results/reindex", text(triage(gid, URL) for gid in GIDS[:3])),
        ("actionable_results/reindex_high_prioriy", text([triage(GIDS[1], MISSING), "junk"])),
        ("actionable_results/results_jira.txt", b"||check||failed||"),
    )
    return put("actionable_results.tar.xz", lzma.compress(archive))


@pytest.mark.usefixtures("config")
async def test_class_and_checks_become_priority_and_reason(database: Database, rows: Rows) -> None:
    imported = await seed(database, lists())
    assert entities(rows) == {
        GIDS[0]: (300, f"img-129 reindex: {URL}; {DATE}"),
        GIDS[1]: (450, f"img-129 reindex_high_priority: {MISSING}; {URL}"),
        GIDS[2]: (300, f"img-129 reindex: {URL}"),
    }
    assert imported.tally == Tally(inserted=3, refused=1)
    assert (imported.reading.lines, imported.reading.repeated) == (6, 2)
    for table in ("event_queue", "audit_finding", "audit_history", "needs_manual_review"):
        assert rows.execute(f"SELECT FROM artwork_indexer.{table}".encode()).fetchall() == []


@pytest.mark.usefixtures("config")
async def test_any_name_of_a_check_is_kept_as_it_is(database: Database, rows: Rows) -> None:
    odd = ["InternalError::{'a': \"b\\\\c\", NULL}", "InternalError::é,\\"]
    await seed(
        database, put("x", text(f"{gid}\t{name}" for gid, name in zip(GIDS, odd, strict=False)))
    )
    assert [why for _, why in entities(rows).values()] == [f"img-129 skipped: {n}" for n in odd]


@pytest.mark.usefixtures("config")
async def test_again_changes_nothing(database: Database, rows: Rows) -> None:
    file = lists()
    await seed(database, file)
    before = everything(rows)
    again = await seed(database, file)
    assert (again.tally, again.raised, again.is_resumed) == (Tally(already=3, refused=1), 0, False)
    assert everything(rows) == before


@pytest.mark.usefixtures("config")
async def test_the_order_of_the_lists_does_not_matter(database: Database, rows: Rows) -> None:
    low = put("reindex", text([triage(GIDS[0], URL)]))
    high = put("manual_check", text([GIDS[0]]))
    assert (await seed(database, low)).tally.inserted == 1
    assert (await seed(database, high)).raised == 1
    assert (await seed(database, low)).raised == 0
    assert entities(rows) == {GIDS[0]: (500, "img-129 manual_check")}


@pytest.mark.usefixtures("config")
async def test_what_is_under_audit_moves_forward_and_never_back(
    database: Database, rows: Rows
) -> None:
    """A row in progress or held by somebody is nobody's but theirs."""
    rows.execute(
        """
        INSERT INTO artwork_indexer.audit_entity (entity_type, gid, status, priority, seeded_from)
        VALUES ('release', %s, 'unchecked', 100, 'musicbrainz'),
               ('release', %s, 'unchecked', 700, 'a person'),
               ('release', %s, 'audit_in_progress', 100, 'musicbrainz'),
               ('release', %s, 'unchecked', 100, 'musicbrainz')
        """,
        GIDS[:4],
    )
    file = put("reindex", text(GIDS[:5]))
    with psycopg.connect(rows.info.dsn, password=rows.info.password) as holder:
        holder.execute(
            "SELECT FROM artwork_indexer.audit_entity WHERE gid = %s FOR UPDATE", [GIDS[3]]
        )
        imported = await seed(database, file)
    assert (imported.tally, imported.raised) == (Tally(inserted=1, already=4), 1)
    found = {str(row["gid"]): (row["priority"], row["seeded_from"]) for row in everything(rows)}
    assert found == {
        GIDS[0]: (300, "img-129 reindex"),
        GIDS[1]: (700, "a person"),
        GIDS[2]: (100, "musicbrainz"),
        GIDS[3]: (100, "musicbrainz"),
        GIDS[4]: (300, "img-129 reindex"),
    }


@pytest.mark.usefixtures("config")
async def test_mbids_of_events_are_refused(database: Database, rows: Rows) -> None:
    rows.execute("SET session_replication_role = replica")
    rows.execute("INSERT INTO musicbrainz.event (gid, name) VALUES (%s, 'x')", [GIDS[0]])
    rows.execute(
        "INSERT INTO musicbrainz.event_gid_redirect (gid, new_id) VALUES (%s, 1)", [GIDS[1]]
    )
    noted: list[str] = []
    archive = tar(("reindex", text([*GIDS[:3], "junk"])), ("manual_check", text([GIDS[1].upper()])))
    imported = await import_files(
        database,
        [put("lists.tar", archive)],
        Progress("img-129", "kB", stream=io.StringIO()),
        note_bad_line=noted.append,
    )
    assert set(entities(rows)) == {GIDS[2]}
    assert (imported.tally, imported.reading.events) == (Tally(1, refused=4), 3)
    about = "is the MBID of an event; the results are about releases only"
    assert noted == imported.bad_lines
    assert noted == [
        f"lists.tar: reindex: line 1: {GIDS[0]} {about}",
        f"lists.tar: reindex: line 2: {GIDS[1]} {about}",
        "lists.tar: reindex: line 4: 'junk' is no MBID",
        f"lists.tar: manual_check: line 1: {GIDS[1]} {about}",
    ]


@pytest.mark.usefixtures("config")
async def test_a_dry_run_counts_and_writes_nothing(database: Database, rows: Rows) -> None:
    file = lists()
    dry = await seed(database, file, is_dry=True)
    assert dry.tally == Tally(inserted=3, refused=1)
    assert everything(rows) == []
    assert rows.execute("SELECT FROM artwork_indexer.audit_seeding").fetchall() == []
    assert (await seed(database, file)).tally == dry.tally
    assert (await seed(database, file, is_dry=True)).tally == Tally(already=3, refused=1)


@pytest.mark.usefixtures("config")
async def test_a_file_that_was_cut_off_is_imported_as_far_as_it_goes(
    database: Database, rows: Rows
) -> None:
    whole = lzma.compress(tar(("reindex", text(GIDS))), preset=0)
    cut = await seed(database, put("cut.tar.xz", whole[:-200]))
    assert cut.reading.refusals == ["cut.tar.xz is cut off: download it again, and run this again"]
    assert 0 < len(entities(rows)) < len(GIDS)
    complete = await seed(database, put("cut.tar.xz", whole))
    assert complete.tally == Tally(len(GIDS) - cut.tally.inserted, cut.tally.inserted)


@pytest.mark.usefixtures("config")
async def test_changed_files_are_read_from_the_beginning(database: Database) -> None:
    """The position is that of these very files."""
    file = put("reindex", text(GIDS[:3]))
    first = source_of([file])
    assert first.startswith("img-129 reindex ")
    assert source_of([Path("../") / Path.cwd().name / "reindex"]) == first
    os.utime(file, (1, 1))
    assert source_of([file]) != first
    assert source_of([put("reindex", text(GIDS[:4]))]) != first
    assert "reindex and 1 more" in source_of([file, put("again", b"")])
    assert (await seed(database, file)).tally == Tally(inserted=4)


@pytest.mark.usefixtures("config")
def test_directories_stand_for_the_files_in_them() -> None:
    Path("lists/deep").mkdir(parents=True)
    b, a = put("lists/deep/b", b""), put("lists/a", b"")
    Path("lists/link").symlink_to("a")
    Path("lists/loop").symlink_to("..")
    assert result_files([Path("lists"), a]) == [a, b]
    assert result_files([Path("lists/link")]) == [Path("lists/link")]
    Path("empty").mkdir()
    with pytest.raises(InputError, match=r"^empty is no file, and no directory with files in it"):
        result_files([a, Path("empty")])
    with pytest.raises(InputError, match=r"^gone does not exist\.$"):
        result_files([a, Path("gone")])


@pytest.mark.timeout(240)
async def test_killed_it_goes_on_where_it_was(config: Path, rows: Rows, database_url: str) -> None:
    """Somebody holds an entity in the middle, so that it is known where the import is killed."""
    count = 4 * img129_reading.BATCH
    gids = [f"{number:08x}-1ab2-4c3d-8e4f-{number:012x}" for number in range(count)]
    file = put("reindex.tar.xz", lzma.compress(tar(("x/reindex", text([*gids, "junk"])))))
    command = ("-m", "artwork_indexer", "--config", str(config), "audit", "seed", "img-129")

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *command, file.name, "--json"), stdout=asyncio.subprocess.PIPE
        )

    async with await psycopg.AsyncConnection.connect(database_url) as holder:
        await holder.execute(
            "INSERT INTO artwork_indexer.audit_entity (entity_type, gid) VALUES ('release', %s)",
            [gids[count // 2]],
        )
        process = await start()
        await until(lambda: waits_for_a_lock(rows), 40)
        # Where the machine stood still it may have lost its patience with the lock by itself.
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await holder.rollback()
    written = len(entities(rows))
    assert img129_reading.BATCH <= written <= count // 2

    process = await start()
    out, _ = await process.communicate()
    told = json.loads(out)
    assert process.returncode == 0
    assert told["resumed"]
    assert (told["inserted"], told["already"], told["refused"]) == (count, 0, 1)
    assert told["lines"] == count + 1
    assert list(entities(rows)) == gids


def waits_for_a_lock(rows: Rows) -> bool:
    waiting = rows.execute(
        """
        SELECT FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'
        """
    )
    return bool(waiting.fetchall())


def run(config: Path, *arguments: str) -> int:
    return guarded(["--config", str(config), "audit", "seed", "img-129", *arguments])


def test_the_command_tells_people(
    config: Path, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    lists()
    assert run(config, "actionable_results.tar.xz") == 0
    out, err = capsys.readouterr()
    assert (
        "actionable_results.tar.xz: actionable_results/reindex_high_prioriy: line 2: 'junk'" in err
    )
    assert "2 lines named a release that had just been named.\n" in out
    assert "Passed over 1 bad line; --bad-lines FILE lists all.\n" in out
    assert len(entities(rows)) == 3
    assert run(config, "actionable_results.tar.xz", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "A release that is in several lists may be counted more than once.\n" in out
    assert "Dry run: nothing was put under audit.\n" in out


def test_the_command_tells_programs(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lists()
    assert run(config, "actionable_results.tar.xz", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {key: told[key] for key in ("inserted", "already", "skipped", "refused")} == {
        "inserted": 3,
        "already": 0,
        "skipped": 0,
        "refused": 1,
    }
    assert (told["lines"], told["repeated"], told["raised"], told["resumed"]) == (6, 2, 0, False)
    assert told["bad_lines"][0].endswith("line 2: 'junk' is no MBID")
    assert (told["refused_files"], told["refusals"]) == (0, [])


def test_lists_of_other_names_and_empty_ones_are_told(
    config: Path, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    put("manual_check (1).txt", text(GIDS[:1]))
    put("my_list.txt", text(GIDS[1:2]))
    assert run(config, "manual_check (1).txt", "my_list.txt") == 0
    out = capsys.readouterr().out
    assert entities(rows)[GIDS[0]][0] == 500
    assert out.count("is not named like a list of 2021") == 1
    assert "my_list.txt is not named" in out
    put("comments", b"# nothing\n\n")
    assert run(config, "comments") == 0
    out = capsys.readouterr().out
    assert "There is no entry in it" in out
    assert "is not named like" not in out


def test_an_empty_file_is_one_that_cannot_be_used(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put("reindex", b"")
    assert run(config, "reindex") == 1
    out, err = capsys.readouterr()
    assert err == "reindex is empty: download it again\n"
    assert "Could not use 1 file" in out
    assert "There is no entry in it" not in out


def test_a_file_that_cannot_be_used_makes_it_fail_after_all_else(
    config: Path, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    put("page", b"<!doctype html><title>Not found</title>")
    put("reindex", text(GIDS[:3]))
    assert run(config, "page", "reindex") == 1
    out, err = capsys.readouterr()
    assert "page is a page in HTML or XML and no list: download it again\n" in err
    assert "Could not use 1 file, or not to the end.\n" in out
    assert len(entities(rows)) == 3


def test_all_bad_lines_are_listed_on_request(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put("reindex", text([GIDS[0], *(f"junk {number}" for number in range(50))]))
    assert run(config, "reindex", "--bad-lines", "bad") == 0
    out, err = capsys.readouterr()
    listed = Path("bad").read_text("utf-8").splitlines()
    assert len(listed) == 50
    assert listed[49] == "reindex: line 51: 'junk 49' is no MBID"
    assert err.count(" is no MBID") == 20
    assert "Passed over 50 bad lines.\n" in out


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["gone"], 2, "gone does not exist."),
        ([], 2, "Missing argument"),
        (["reindex", "--bad-lines", "gone/bad"], 2, "gone/bad cannot be written: No such file"),
        (["reindex", "--bad-lines", "/dev/full"], 2, "/dev/full cannot be written: No space left"),
    ],
)
def test_what_a_person_has_to_mend_is_one_sentence(
    config: Path, arguments: list[str], code: int, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put("reindex", text([GIDS[0], "junk"]))
    assert run(config, *arguments) == code
    err = capsys.readouterr().err
    assert what in err
    assert "Traceback" not in err
