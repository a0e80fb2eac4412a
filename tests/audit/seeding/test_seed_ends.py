"""How a run over MusicBrainz's tables ends that was stopped or refused, and what it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artwork_indexer.cli.main import guarded
from tests.audit.seeding.musicbrainz_fixtures import MusicBrainz, config_for

pytest_plugins = ["tests.audit.seeding.musicbrainz_plugin"]
pytestmark = pytest.mark.timeout(240)

POSITION = "SELECT position FROM artwork_indexer.audit_seeding WHERE source = %(source)s"


@pytest.fixture
def config(mb: MusicBrainz, tmp_path: Path) -> str:
    return str(config_for(mb.conninfo, tmp_path / "config.ini"))


@pytest.mark.chaos
def test_sigterm_stops_it_where_the_shell_made_it_deaf_to_ctrl_c(
    mb: MusicBrainz, config: str
) -> None:
    """As a shell without job control does with whatever it starts in the background."""
    entities = 40_000
    mb.release(*range(1, entities + 1))
    mb.slow_down_seeding()
    command = [sys.executable, "-m", "artwork_indexer", "--config", config]
    command += ["audit", "seed", "musicbrainz", "--entity", "release"]
    begun = "SELECT source FROM artwork_indexer.audit_seeding WHERE inserted > 0"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    with child:
        deadline = time.monotonic() + 30
        while not mb.run(begun):
            assert child.poll() is None
            assert time.monotonic() < deadline
        child.terminate()
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err.decode().endswith("Stopped. Run this again: it goes on where it was.\n")
    assert b"Traceback" not in err
    assert 0 < len(mb.audited()) < entities


def test_what_was_done_is_told_although_the_rest_is_refused(
    mb: MusicBrainz, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mb.release(1, 2)
    mb.event(7)
    mb.run("DROP TABLE event_art_archive.event_art CASCADE")
    command = ["audit", "seed", "musicbrainz", "--json", "--config", config]
    assert guarded(command) == 4
    told = capsys.readouterr()
    assert json.loads(told.out)["sources"]["musicbrainz release"]["inserted"] == 2
    assert "This is no MusicBrainz database" in told.err


def test_nothing_is_told_of_what_was_not_begun(
    mb: MusicBrainz, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mb.run("DROP TABLE cover_art_archive.cover_art CASCADE")
    assert guarded(["audit", "seed", "musicbrainz", "--config", config]) == 4
    assert capsys.readouterr().out == ""


def test_one_that_goes_on_says_so(
    mb: MusicBrainz, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mb.release(1)
    command = ["audit", "seed", "musicbrainz", "--entity", "release", "--config", config]
    assert guarded(command) == 0
    assert "went on" not in capsys.readouterr().out
    mb.run("UPDATE artwork_indexer.audit_seeding SET finished_at = NULL")
    assert guarded(command) == 0
    assert "went on where the run before was stopped" in capsys.readouterr().out


def test_a_position_stays_where_nothing_is_read(mb: MusicBrainz, config: str) -> None:
    mb.release(*range(1, 3001))
    mb.art(2000, age=10 * 86400.0)
    mb.merge(4000, 1, with_row=False)
    command = ["audit", "seed", "musicbrainz", "--entity", "release", "--config", config]
    assert guarded(command) == 0
    assert guarded(command) == 0
    [before] = mb.run(POSITION, source="musicbrainz release")
    for option in ("--with-art-only", "--with-art-only", "--all"):
        assert guarded([*command, option]) == 0
    assert mb.run(POSITION, source="musicbrainz release") == [before]


def test_entities_that_somebody_has_are_told(
    mb: MusicBrainz, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mb.release(1, 2)
    command = ["audit", "seed", "musicbrainz", "--entity", "release", "--config", config]
    assert guarded(command) == 0
    mb.run("UPDATE artwork_indexer.audit_entity SET status = 'audit_in_progress', priority = 0")
    capsys.readouterr()
    assert guarded([*command, "--from-start"]) == 0
    assert "In work elsewhere, seen to by the next run: 2 entities.\n" in capsys.readouterr().out
    mb.run("UPDATE artwork_indexer.audit_entity SET status = 'clean'")
    assert guarded([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["held"] == 0
    assert mb.audited() == {1: 10, 2: 10}
