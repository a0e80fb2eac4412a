"""``audit seed musicbrainz`` and ``audit seed redirects`` as an operator meets them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from artwork_indexer.cli.main import guarded
from tests.audit.seeding.musicbrainz_fixtures import MusicBrainz, config_for

pytest_plugins = ["tests.audit.seeding.musicbrainz_plugin"]

DAY = 86400.0
ROLES = (Path(__file__).parents[3] / "sql" / "roles.sql").read_text("utf-8")


@pytest.fixture
def config(mb: MusicBrainz, tmp_path: Path) -> str:
    return str(config_for(mb.conninfo, tmp_path / "config.ini"))


def test_says_what_it_did(mb: MusicBrainz, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    mb.release(1, 2, 3)
    mb.art(1, age=2 * DAY)
    mb.event(9)
    assert guarded(["audit", "seed", "musicbrainz", "--config", config]) == 0
    told = capsys.readouterr()
    assert "musicbrainz release\t3\t0\t0\t0" in told.out
    assert "together\t4\t0\t0\t0" in told.out
    assert "releases with art: 3 releases" in told.err


def test_json_is_all_there_is_on_standard_output(
    mb: MusicBrainz, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mb.release(1, 2)
    mb.merge(7, 1, with_row=False)
    arguments = ["--json", "--dry-run", "--entity", "release", "--config", config]
    for source, inserted in (("musicbrainz", 2), ("redirects", 1)):
        assert guarded(["audit", "seed", source, *arguments]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["inserted"], told["already"], told["dry_run"]) == (inserted, 0, True)
        assert list(told["sources"]) == [f"{source} release"]
    assert mb.audited() == {}


def test_from_start_reads_everything_again(
    mb: MusicBrainz, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mb.release(*range(1, 2001))
    command = ["audit", "seed", "musicbrainz", "--entity", "release", "--config", config, "--json"]
    assert guarded(command) == 0
    mb.run("DELETE FROM artwork_indexer.audit_entity")
    assert guarded(command) == 0
    assert len(mb.audited()) <= 1000
    assert guarded([*command, "--from-start"]) == 0
    assert len(mb.audited()) == 2000
    capsys.readouterr()


@pytest.mark.chaos
def test_goes_on_after_it_was_killed(mb: MusicBrainz, config: str) -> None:
    entities = 150_000
    mb.release(*range(1, entities + 1))
    command = [sys.executable, "-m", "artwork_indexer", "audit", "seed", "musicbrainz"]
    command += ["--entity", "release", "--json", "--config", config]
    count = "SELECT count(*) AS rows FROM artwork_indexer.audit_entity"
    seeding = "SELECT inserted, finished_at, position FROM artwork_indexer.audit_seeding"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        deadline = time.monotonic() + 30
        while not any(row["inserted"] for row in mb.run(seeding)):
            assert time.monotonic() < deadline
        child.kill()
    with mb.connection.transaction():
        # The server ends the killed client's last transaction before this is granted.
        mb.run("LOCK artwork_indexer.audit_entity")
    (left,) = mb.run(seeding)
    assert left["finished_at"] is None
    assert 0 < left["inserted"] < entities
    assert mb.run(count) == [{"rows": left["inserted"]}]
    done = subprocess.run(command, capture_output=True, check=True)
    # What was read before is not read again.
    assert json.loads(done.stdout)["inserted"] == entities - left["inserted"]
    assert json.loads(done.stdout)["already"] <= 1000
    assert mb.run(count) == [{"rows": entities}]


@pytest.fixture
def role(mb: MusicBrainz) -> Iterator[str]:
    mb.connection.execute(ROLES.encode())
    mb.run("CREATE ROLE test_seeder LOGIN PASSWORD 'secret' IN ROLE artwork_indexer")
    yield make_conninfo(mb.conninfo, user="test_seeder", password="secret")
    mb.run("DROP OWNED BY artwork_indexer, artwork_indexer_ro, test_seeder CASCADE")
    mb.run("DROP ROLE test_seeder, artwork_indexer, artwork_indexer_ro")


def test_the_daemons_role_may_seed(mb: MusicBrainz, role: str, tmp_path: Path) -> None:
    config = str(config_for(role, tmp_path / "role.ini"))
    mb.release(1)
    mb.art(1)
    mb.merge(2, 1, with_row=False)
    for source in ("musicbrainz", "redirects", "musicbrainz"):
        assert guarded(["audit", "seed", source, "--config", config]) == 0
    assert set(mb.audited()) == {1, 2}


def test_a_role_without_the_right_gets_one_sentence(
    mb: MusicBrainz, role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(config_for(role, tmp_path / "role.ini"))
    mb.release(1)
    mb.art(1)
    mb.run("REVOKE INSERT ON artwork_indexer.audit_entity FROM artwork_indexer")
    assert guarded(["audit", "seed", "musicbrainz", "--config", config]) == 3
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "lacks a right" in sentence
    assert "sql/roles.sql" in sentence
    assert mb.run("SELECT FROM artwork_indexer.audit_seeding") == []


@pytest.mark.parametrize("source", ["musicbrainz", "redirects"])
def test_a_database_without_our_schema_gets_one_sentence(
    source: str, musicbrainz_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(config_for(musicbrainz_url, tmp_path / "bare.ini"))
    assert guarded(["audit", "seed", source, "--config", config]) == 3
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.endswith("Run: artwork-indexer migrate")


def test_a_replica_that_is_down_gets_one_sentence(
    mb: MusicBrainz, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mb.release(1)
    down = "host=127.0.0.1 port=1 dbname=none"
    config = str(config_for(mb.conninfo, tmp_path / "config.ini", readonly=down))
    assert guarded(["audit", "seed", "musicbrainz", "--config", config]) == 3
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "cannot be reached" in sentence
    assert mb.audited() == {}
