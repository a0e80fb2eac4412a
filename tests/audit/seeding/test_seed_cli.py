"""``audit seed musicbrainz`` and ``audit seed redirects`` as an operator meets them."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from psycopg.conninfo import make_conninfo

from artwork_indexer.cli.main import guarded
from artwork_indexer.cli.seed_common import Summary, stoppable
from artwork_indexer.errors import Unreachable
from audit.seeding import musicbrainz
from audit.seeding.progress import Tally
from tests.audit.seeding.musicbrainz_fixtures import MusicBrainz, config_for

pytest_plugins = ["tests.audit.seeding.musicbrainz_plugin"]
pytestmark = pytest.mark.timeout(240)

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
    assert "\n4 entries in " in told.out
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
    entities = 40_000
    mb.release(*range(1, entities + 1))
    mb.slow_down_seeding()
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
    mb.speed_up_seeding()
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
    assert "The database of [database_readonly] cannot be reached" in sentence
    assert "correct host and port in section [database_readonly]." in sentence
    assert mb.audited() == {}


def test_a_replica_without_a_right_is_named(
    mb: MusicBrainz, role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(config_for(mb.conninfo, tmp_path / "config.ini", readonly=role))
    mb.run("REVOKE SELECT ON musicbrainz.release FROM artwork_indexer")
    assert guarded(["audit", "seed", "musicbrainz", "--config", config]) == 3
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "The role of [database_readonly] lacks a right (permission denied for" in sentence


def test_a_new_start_that_is_stopped_goes_on_without_being_told_again(
    mb: MusicBrainz, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["audit", "seed", "musicbrainz", "--config", config]
    mb.event(*range(1, 2001))
    assert guarded(command) == 0
    mb.run("DELETE FROM artwork_indexer.audit_entity")

    async def fail(*_arguments: object, **_options: object) -> None:
        raise Unreachable("The disk is full.")

    with monkeypatch.context() as patched:
        # Events, which come after the releases, are not begun.
        patched.setattr(musicbrainz, "seed", fail)
        assert guarded([*command, "--from-start"]) == 3
    assert guarded(command) == 0
    assert len(mb.audited("event")) == 2000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Stopped. Run this again: it goes on where it was."),
        ({"since": "0"}, "Stopped. Run this again: it goes on where it was."),
        ({"from_start": True}, "Stopped. Run this again without --from-start: it goes on where"),
        ({"is_dry": True, "from_start": True}, "Stopped; nothing was put under audit."),
        ({"identifiers": Path("-")}, "Stopped. What was read is under audit: give it the rest"),
        ({"identifiers": Path("x")}, "Stopped. Run this again: it goes on where it was."),
    ],
)
def test_who_stops_it_is_told_what_comes_next(
    options: dict[str, object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    @stoppable()
    def command(**_options: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(click.exceptions.Exit) as ended:
        command(**options)
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err.startswith(said)


def on_a_terminal(columns: int, run: list[str]) -> str:
    """What a command writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(run, stdout=theirs, stderr=subprocess.PIPE):
        os.close(theirs)
        written = b""
        try:
            while more := os.read(ours, 4096):
                written += more
        except OSError:
            # So Linux says that nobody has the other end any more.
            pass
    os.close(ours)
    return written.decode()


SUMMARY = """
from artwork_indexer.cli.seed_common import Summary
from audit.seeding.progress import Tally
name = "archive identifiers /a/path/" + "of-many-names/" * 9 + "whose-end-tells"
Summary(is_dry=False, as_json=False).tell({name: Tally(3757123, 12345678, 98765, 4321)})
"""


def test_counts_are_whole_on_a_narrow_terminal() -> None:
    environ = {"COLUMNS": "", "TERM": "xterm"}
    env = ["env", *(f"{name}={value}" for name, value in environ.items())]
    written = on_a_terminal(80, [*env, sys.executable, "-c", SUMMARY])
    heading, row, last = written.splitlines()
    for part in ("inserted", "already", "skipped", "refused"):
        assert part in heading
    for part in ("3757123", "12345678", "98765", "4321"):
        assert part in row
    assert row.startswith("…")
    assert "whose-end-tells" in row
    assert len(row) <= 80
    assert last.startswith("16,205,887 entries in ")


def test_a_long_name_is_whole_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    name = "x" * 200
    Summary(is_dry=False, as_json=True).tell({name: Tally(1)})
    assert list(json.loads(capsys.readouterr().out)["sources"]) == [name]


@pytest.mark.usefixtures("mb")
def test_a_list_with_an_odd_name_is_read(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / os.fsdecode(b"l\xe9\n\x1b[31m")
    odd.write_text("mbid-00000000-0000-0000-0000-000000000001\nsomething\n", "utf-8")
    command = ["audit", "seed", "archive", "--config", config, "--collection", "coverartarchive"]
    assert guarded([*command, "--identifiers", str(odd), "--rejected", f"{odd}.rejected"]) == 0
    told = capsys.readouterr()
    assert "\t1\t0\t1\t0\n" in told.out
    assert "\x1b" not in told.out + told.err
    assert guarded([*command, "--identifiers", f"{odd}?"]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.isprintable()
    assert sentence.endswith("cannot be read: No such file or directory.")


def test_one_entry_is_not_in_the_plural(capsys: pytest.CaptureFixture[str]) -> None:
    Summary(is_dry=False, as_json=False).tell({"x": Tally(1)})
    assert "\n1 entry in " in capsys.readouterr().out


def test_an_output_that_is_full_gets_one_sentence(mb: MusicBrainz, config: str) -> None:
    mb.release(1)
    command = [sys.executable, "-m", "artwork_indexer", "audit", "seed", "redirects"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*command, "--config", config], stdout=full, stderr=subprocess.PIPE, check=False
        )
    sentence = "artwork-indexer: The output cannot be written: No space left on device.\n"
    assert (done.returncode, done.stderr.decode()) == (1, sentence)
