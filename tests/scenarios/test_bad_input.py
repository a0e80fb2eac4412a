"""What people get wrong when they start the daemon: one sentence, an exit code, no traceback."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from artwork_indexer.migrations import migrate_database
from artwork_indexer.sandbox.postgres import embedded
from artwork_indexer.sandbox.schema import musicbrainz_schema
from tests.scenarios.processes import Finished, command, process
from tests.scenarios.running import until
from tests.scenarios.stage import Stage

RUN = ("run", "--max-idle-loops", "1", "--max-wait", "1")
PASSWORD = "100%geheim"


async def run(stage: Stage) -> Finished:
    return await command("--config", str(stage.config_file()), *RUN)


def assert_one_sentence(ended: Finished, code: int, *said: str) -> None:
    assert ended.code == code, ended.output
    (line,) = ended.output.strip().splitlines()
    assert line.startswith("artwork-indexer: ")
    for fragment in said:
        assert fragment in line


async def test_the_schema_is_absent(caa: Stage, musicbrainz_url: str) -> None:
    caa.database_url = musicbrainz_url
    assert_one_sentence(await run(caa), 4, "no schema", "artwork-indexer migrate")


async def test_the_schema_is_that_of_a_later_version(caa: Stage) -> None:
    caa.sql(
        "INSERT INTO artwork_indexer.schema_migration (version, name, checksum)"
        " VALUES (9999, '9999_future.sql', repeat('0', 64))"
    )
    assert_one_sentence(await run(caa), 4, "newer", "9999")


async def test_the_database_does_not_exist(caa: Stage) -> None:
    caa.configure("database", dbname="no_such_database")
    assert_one_sentence(await run(caa), 3, "no_such_database")


async def test_nobody_listens_at_that_port(caa: Stage, unused_tcp_port: int) -> None:
    caa.configure("database", host="127.0.0.1", port=str(unused_tcp_port))
    assert_one_sentence(await run(caa), 3, str(unused_tcp_port))


@pytest.fixture(scope="module")
def locked_database_url() -> Iterator[str]:
    """A database of a server that asks its user ``locked`` for a password."""
    with tempfile.TemporaryDirectory(prefix="artwork-indexer-locked-") as directory:
        Path(directory).chmod(0o755)
        with embedded(Path(directory) / "data") as server:
            url = server.create_database("locked")
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(musicbrainz_schema().encode())
                connection.execute(f"CREATE ROLE locked SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
                row = connection.execute("SHOW hba_file").fetchone()
                assert row is not None
                rules = Path(row[0])
                ask = "local all locked scram-sha-256\nhost all locked all scram-sha-256\n"
                rules.write_text(ask + rules.read_text())
                connection.execute("SELECT pg_reload_conf()")
            migrate_database(url)
            locked = make_conninfo(url, user="locked")
            while opens(make_conninfo(locked, password="any will do")):
                time.sleep(0.05)
            yield locked


def opens(conninfo: str) -> bool:
    """Whether the server lets us in; it reads its rules anew when it comes round to it."""
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


async def test_the_password_is_wrong(caa: Stage, locked_database_url: str) -> None:
    caa.database_url = locked_database_url
    caa.configure("database", password="falsch")
    ended = await run(caa)
    assert_one_sentence(ended, 3, "password", "locked")
    assert "falsch" not in ended.output


async def test_a_password_with_a_percent_sign_is_right(
    caa: Stage, locked_database_url: str
) -> None:
    caa.database_url = locked_database_url
    caa.configure("database", password=PASSWORD)
    ended = await run(caa)
    assert ended.code == 0, ended.output
    assert PASSWORD not in ended.output


async def test_the_file_is_missing(tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere.ini")
    assert_one_sentence(await command("--config", missing, *RUN), 2, missing)


async def test_the_file_is_no_ini_file(tmp_path: Path) -> None:
    path = tmp_path / "odd.ini"
    path.write_text("just some words\n")
    assert_one_sentence(await command("--config", str(path), *RUN), 2, str(path))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("indexer", "concurency", "4"),
        ("indexer", "concurrency", "many"),
        ("indexer", "listen", "perhaps"),
        ("archive", "pause_seconds", "-1"),
        ("s3", "url", "no template"),
        ("audit", "mode", "destroy"),
    ],
)
async def test_a_key_or_value_of_ours_is_wrong(
    caa: Stage, section: str, key: str, value: str
) -> None:
    caa.configure(section, **{key: value})
    assert_one_sentence(await run(caa), 2, f"[{section}]", key, "test.ini")


async def test_an_unknown_key_in_an_old_section_is_only_a_warning(caa: Stage) -> None:
    caa.configure("s3", no_such_key="1")
    ended = await run(caa)
    assert ended.code == 0
    assert "warning" in ended.output
    assert "no_such_key" in ended.output


async def test_a_secret_that_is_a_wrong_value_is_not_repeated(caa: Stage) -> None:
    caa.configure("s3", caa_secret="caa pass\nconcurrency = 4")
    ended = await run(caa)
    assert "caa pass" not in ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--max-wait", "soon"),
        ("run", "--max-idle-loops", "0"),
        ("run", "--no-such-option"),
        ("walk",),
    ],
)
async def test_the_command_line_is_wrong(arguments: tuple[str, ...]) -> None:
    ended = await command(*arguments)
    assert ended.code == 2
    assert "Traceback" not in ended.output
    assert arguments[-1] in ended.output


async def test_two_daemons_with_one_configuration_share_the_work(
    caa: Stage, unused_tcp_port: int
) -> None:
    """The port of the metrics is taken the second time; that costs the pages and nothing else."""
    caa.configure("metrics", host="127.0.0.1", port=str(unused_tcp_port))
    arguments = ("--config", str(caa.config_file()))
    async with process(*arguments, "run") as first:
        await first.said("metrics and health pages")
        events = [caa.insert("noop", {"n": number}) for number in range(4)]
        second = await command(*arguments, *RUN)
        assert second.code == 0
        (warning,) = [line for line in second.output.splitlines() if "cannot be used" in line]
        assert str(unused_tcp_port) in warning
        assert "[metrics]" in warning
        await until(lambda: caa.states() == dict.fromkeys(events, "completed"))
        assert "Traceback" not in first.output + second.output
