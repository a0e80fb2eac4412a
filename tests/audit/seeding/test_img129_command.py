"""The command for the results of 2021: odd names of files, and what it says at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from artwork_indexer.cli.main import guarded
from audit.seeding.img129 import source_of
from audit.seeding.img129_reading import Reading
from tests.audit.seeding.img129_fixtures import GIDS, tar, text

ODD = os.fsdecode(b"caf\xe9\x1b[2J\n.txt")
LEGIBLE = r"caf\xe9\x1b[2J\n.txt"

pytest_plugins = ["tests.audit.seeding.img129_plugin"]

Rows = psycopg.Connection[Any]


@pytest.fixture
def rows(database_url: str) -> Iterator[Rows]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def run(config: Path, *arguments: str) -> int:
    return guarded(["--config", str(config), "audit", "seed", "img-129", *arguments])


def sources(rows: Rows) -> list[str]:
    return [name for (name,) in rows.execute("SELECT source FROM artwork_indexer.audit_seeding")]


@pytest.mark.parametrize("named", ["odd", f"odd/{ODD}"])
def test_a_file_whose_name_is_no_text_is_read_and_named_legibly(
    config: Path, rows: Rows, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd").mkdir()
    Path("odd", ODD).write_bytes(text([*GIDS[:3], "junk"]))
    assert run(config, named, "--bad-lines", "bad") == 0
    out, err = capsys.readouterr()
    assert f"odd/{LEGIBLE}: line 4: 'junk' is no MBID\n" in err
    assert Path("bad").read_text("utf-8") == f"odd/{LEGIBLE}: line 4: 'junk' is no MBID\n"
    assert f"odd/{LEGIBLE} is not named like a list of 2021" in out
    found = rows.execute("SELECT gid::text, seeded_from FROM artwork_indexer.audit_entity")
    assert dict(found.fetchall()) == dict.fromkeys(GIDS[:3], "img-129 caf_2J_")
    (source,) = sources(rows)
    assert source.startswith(f"img-129 {LEGIBLE} ")
    assert "\x1b" not in out + err


def test_files_whose_names_look_alike_are_different_sources(tmp_path: Path) -> None:
    """One has the bytes, the other the text that stands for them."""
    raw, shown = tmp_path / os.fsdecode(b"\xe9"), tmp_path / r"\xe9"
    for path in (raw, shown):
        path.write_bytes(b"")
        os.utime(path, (1, 1))
    first, second = source_of([raw]), source_of([shown])
    assert first.rpartition(" ")[0] == second.rpartition(" ")[0]
    assert first != second


def test_a_missing_file_whose_name_is_no_text_is_named_legibly(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, ODD) == 2
    assert f"{LEGIBLE} does not exist." in capsys.readouterr().err
    Path("reindex").write_bytes(text(GIDS[:1]))
    assert run(config, "reindex", "--bad-lines", f"{ODD}/bad") == 2
    assert f"{LEGIBLE}/bad cannot be written: No such file" in capsys.readouterr().err


def test_a_known_list_in_a_directory_of_any_name_keeps_its_class(config: Path, rows: Rows) -> None:
    Path(ODD).mkdir()
    Path(ODD, "manual_check.tar").write_bytes(tar(("a\x1b/reindex", text(GIDS[:1]))))
    Path(ODD, "manual_check").write_bytes(text(GIDS[1:2]))
    assert run(config, ODD) == 0
    found = rows.execute("SELECT seeded_from FROM artwork_indexer.audit_entity ORDER BY gid")
    assert found.fetchall() == [("img-129 reindex",), ("img-129 manual_check",)]


@pytest.mark.parametrize("as_json", [True, False])
def test_bad_lines_of_a_run_before_are_not_said_to_be_in_the_file_of_this_one(
    config: Path, rows: Rows, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path("reindex")
    file.write_bytes(text([GIDS[0], *["junk"] * 5, *["more junk"] * 2]))
    rows.execute(
        "INSERT INTO artwork_indexer.audit_seeding (source, position, inserted, refused)"
        " VALUES (%s, %s, 1, 5)",
        [source_of([file]), Jsonb(Reading(line=6, lines=6, bad_lines=5).as_document())],
    )
    assert run(config, "reindex", "--bad-lines", "bad", *["--json"] * as_json) == 0
    out = capsys.readouterr().out
    notes = json.loads(out)["notes"] if as_json else out.splitlines()
    assert "Passed over 7 bad lines; those of this run are in bad." in notes
    assert len(Path("bad").read_text("utf-8").splitlines()) == 2


def test_one_thing_is_not_told_as_many(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("reindex").write_bytes(text([GIDS[0], GIDS[0], "junk"]))
    assert run(config, "reindex") == 0
    Path("manual_check").write_bytes(text([GIDS[0]]))
    Path("page").write_bytes(b"<html>")
    assert run(config, "manual_check", "page") == 1
    out = capsys.readouterr().out
    for note in (
        "1 line named a release that had just been named.",
        "Passed over 1 bad line; --bad-lines FILE lists all.",
        "Moved forward 1 release under audit already.",
        "Could not use 1 file, or not to the end.",
    ):
        assert f"{note}\n" in out
