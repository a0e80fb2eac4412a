"""``artwork-indexer migrate`` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from artwork_indexer.cli.main import guarded


@pytest.fixture
def config(musicbrainz_url: str, tmp_path: Path) -> Path:
    path = tmp_path / "config.ini"
    keys = "\n".join(f"{key}={value}" for key, value in conninfo_to_dict(musicbrainz_url).items())
    path.write_text(f"[database]\n{keys}\n", "utf-8")
    return path


def migrate(config: Path, *options: str) -> int:
    return guarded(["migrate", "--config", str(config), *options])


def test_it_says_what_it_did(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate(config) == 0
    assert "0001_event_queue\n" in capsys.readouterr().out
    assert migrate(config) == 0
    assert capsys.readouterr().out == "Everything is current.\n"


def test_status_as_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate(config, "--status", "--json") == 0
    before = json.loads(capsys.readouterr().out)
    assert {line["state"] for line in before} == {"pending"}
    migrate(config)
    capsys.readouterr()
    assert migrate(config, "--status", "--json") == 0
    after = json.loads(capsys.readouterr().out)
    assert {line["state"] for line in after} == {"applied"}
    assert after[0]["name"] == "0001_event_queue"


def test_printing_runs_nothing(
    config: Path, musicbrainz_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(config, "--sql") == 0
    assert "CREATE SCHEMA artwork_indexer" in capsys.readouterr().out
    assert migrate(config, "--uninstall-sql") == 0
    assert "DROP SCHEMA IF EXISTS artwork_indexer CASCADE" in capsys.readouterr().out
    with psycopg.connect(musicbrainz_url) as connection:
        row = connection.execute("SELECT to_regnamespace('artwork_indexer')").fetchone()
    assert row == (None,)


def test_a_refusal_is_one_sentence_and_exit_code_4(
    config: Path, musicbrainz_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(musicbrainz_url) as connection:
        connection.execute("DROP TRIGGER resquence_cover_art ON cover_art_archive.cover_art")
    assert migrate(config) == 4
    told = capsys.readouterr().err
    assert "mirror" in told
    assert len(told.splitlines()) == 1
    assert migrate(config, "--without-triggers") == 0


@pytest.mark.parametrize("options", [("--sql", "--status"), ("--json",)])
def test_options_that_do_not_go_together(config: Path, options: tuple[str, ...]) -> None:
    assert migrate(config, *options) == 2
