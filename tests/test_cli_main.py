"""The command line as a person meets it: exit codes, one sentence an error, no traceback."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from artwork_indexer import __version__
from artwork_indexer.cli.main import COMMANDS, cli, described, guarded, told
from artwork_indexer.database_sentences import connection_sentence, database_sentence
from artwork_indexer.errors import (
    ArtworkIndexerError,
    ConfigurationError,
    InputError,
    Refused,
    Unreachable,
)

PROGRAM = (sys.executable, "-m", "artwork_indexer")
HEAVY = ("aiohttp", "deepdiff", "lxml", "prometheus_client", "rich", "sentry_sdk", "streamlit")

Connect = Callable[..., psycopg.OperationalError]


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ARTWORK_INDEXER_")}
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env={**clean, **environ},
        timeout=60,
        check=False,
    )


def config_for(conninfo: str, file: Path) -> Path:
    keys = "\n".join(f"{key} = {value}" for key, value in conninfo_to_dict(conninfo).items())
    file.write_text(f"[database]\n{keys}\n", "utf-8")
    return file


# Finding the command


def test_every_command_exists_and_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert guarded([name, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"Usage: artwork-indexer {name}")


def test_every_command_takes_config_and_every_list_takes_json() -> None:
    def leaves(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
        if not isinstance(command, click.Group):
            return [(path, command)]
        context = click.Context(command)
        found = [
            (name, command.get_command(context, name)) for name in command.list_commands(context)
        ]
        return [leaf for name, sub in found if sub for leaf in leaves(sub, f"{path} {name}")]

    options = {path.strip(): {p.name for p in command.params} for path, command in leaves(cli, "")}
    no_config = {"sandbox musicbrainz-schema", "sandbox serve", "demo"}
    assert {path for path, names in options.items() if "config" not in names} == no_config
    assert "as_json" in options["events list"]
    assert "as_json" in options["doctor"]


def test_help_lists_the_commands_without_importing_them() -> None:
    code = (
        "import sys\n"
        "from artwork_indexer.cli.main import guarded\n"
        "assert guarded(['--help']) == 0\n"
        f"print('imported', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in ended.stdout for name in COMMANDS)
    assert "Exit codes" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "imported []"


def test_run_imports_nothing_that_it_may_not_need() -> None:
    code = (
        "import sys\n"
        "import artwork_indexer.cli.run\n"
        "unwanted = ('deepdiff', 'rich', 'sentry_sdk', 'streamlit', 'audit')\n"
        "print([name for name in unwanted if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_an_interruption_while_modules_are_loaded_is_no_traceback() -> None:
    code = (
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'psycopg': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from artwork_indexer.__main__ import main\n"
        "main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_the_version() -> None:
    assert run("--version").stdout == f"artwork-indexer {__version__}\n"


def test_config_before_or_after_the_command_and_the_later_wins(tmp_path: Path) -> None:
    first, second = str(tmp_path / "first.ini"), str(tmp_path / "second.ini")
    assert first in run("--config", first, "events", "list").stderr
    assert first in run("events", "--config", first, "list").stderr
    assert first in run("events", "list", "--config", first).stderr
    assert second in run("--config", first, "events", "list", "--config", second).stderr


# Bad input


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("--nonsense",),
        ("run", "--max-wait", "soon"),
        ("run", "--max-idle-loops", "0"),
        ("events", "show", "first"),
        ("events", "requeue"),
        ("enqueue", "release", "not-an-mbid"),
        ("migrate", "--config", "/nonexistent.ini"),
        ("doctor", "--config"),
    ],
)
def test_bad_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip()


def test_each_class_of_error_has_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    codes = {
        ArtworkIndexerError("a"): 1,
        InputError("b"): 2,
        ConfigurationError("c"): 2,
        Unreachable("d"): 3,
        Refused("e"): 4,
        click.Abort(): 130,
        ValueError("a bug\nwith details"): 1,
    }
    assert {error: told(error) for error in codes} == codes
    lines = capsys.readouterr().err.splitlines()
    assert lines[:5] == [f"artwork-indexer: {letter}" for letter in "abcde"]
    assert "ValueError: a bug. Please report it" in lines[5]
    assert "details" not in " ".join(lines)


def test_keys_in_an_error_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    told(Unreachable("refused: authorization: LOW abc:d3f, password=s3cret"))
    printed = capsys.readouterr().err
    assert "refused" in printed
    assert "d3f" not in printed
    assert "s3cret" not in printed


def test_a_traceback_only_on_request(tmp_path: Path) -> None:
    arguments = ("events", "list", "--config", str(tmp_path / "none.ini"))
    assert "Traceback" not in run(*arguments).stderr
    assert "Traceback" in run(*arguments, ARTWORK_INDEXER_TRACEBACK="1").stderr


# Trouble with the database


def failure(conninfo: str, **parameters: str) -> psycopg.OperationalError:
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(make_conninfo(conninfo, **parameters))
    return caught.value


def test_no_connection_and_what_helps(bare_database_url: str, unused_tcp_port: int) -> None:
    port = str(unused_tcp_port)
    cases = {
        failure(bare_database_url, dbname="no_such_db"): 'database "no_such_db" does not exist. '
        "Correct dbname",
        failure(bare_database_url, user="no_such_role"): 'role "no_such_role" does not exist. '
        "Correct user",
        failure("", host="127.0.0.1", port=port): "Connection refused. Start the server, or",
        failure("", host="no-such-host.invalid"): "Correct host in section [database].",
        failure("", host="/no/such/directory"): "No such file or directory. Start the server",
    }
    for error, said in cases.items():
        sentence = connection_sentence(error)
        assert sentence is not None
        assert said in sentence
        assert "\n" not in sentence
        assert described(error) == (sentence, 3)


def test_a_failed_command_tells_the_cause(bare_database_url: str, tmp_path: Path) -> None:
    config = config_for(make_conninfo(bare_database_url, dbname="nowhere"), tmp_path / "c.ini")
    for command in (("events", "list"), ("migrate",), ("run",)):
        ended = run(*command, "--config", str(config))
        assert ended.returncode == 3
        assert ended.stdout == ""
        (line,) = ended.stderr.splitlines()
        assert "Correct dbname in section [database]." in line


def test_a_missing_schema_and_a_missing_right(musicbrainz_url: str, tmp_path: Path) -> None:
    ended = run("events", "list", "--config", str(config_for(musicbrainz_url, tmp_path / "c.ini")))
    assert ended.returncode == 3
    assert "Run: artwork-indexer migrate" in ended.stderr
    with psycopg.connect(musicbrainz_url) as connection:
        connection.execute("CREATE ROLE powerless; SET LOCAL ROLE powerless")
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            connection.execute("SELECT FROM musicbrainz.release")
        connection.rollback()
    assert "sql/roles.sql" in database_sentence(caught.value)


def test_a_lost_standby_is_explained(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as caught:
            connection.execute("TRUNCATE artwork_indexer.event_queue CASCADE")
    assert "point [database] at the primary" in database_sentence(caught.value)


# Interruptions


def test_interrupted_while_it_waits(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        host, port = mute.getsockname()
        config = config_for(f"host={host} port={port} sslmode=disable", tmp_path / "c.ini")
        process = subprocess.Popen(
            [*PROGRAM, "events", "list", "--config", str(config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        mute.settimeout(60)
        with mute.accept()[0]:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == ""


def test_a_reader_that_has_seen_enough() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [*PROGRAM, "sandbox", "musicbrainz-schema"],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_the_documented_exit_codes() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    codes = re.search(r"Exit codes: (.+?)\n\n", readme, re.DOTALL)
    assert codes is not None
    assert re.findall(r"\*\*(\d+)\*\*", codes[1]) == ["0", "1", "2", "3", "4", "130"]
