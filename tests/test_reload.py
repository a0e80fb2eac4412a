"""SIGHUP: the file really given is read again, all or nothing."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from artwork_indexer.config import Config, load
from artwork_indexer.engine import Engine
from artwork_indexer.errors import ConfigurationError, Unreachable
from artwork_indexer.event_queue import EventQueue
from artwork_indexer.reload import Reloader
from tests.daemon_process import DaemonProcess
from tests.queue_fixtures import Rows, make_engine, until

pytest_plugins = ["tests.queue_plugin"]

KEYS = "[s3]\ncaa_access = a\ncaa_secret = {}\neaa_access = b\neaa_secret = hunter3\n"


class File:
    """A configuration file for a database."""

    def __init__(self, path: Path, conninfo: str) -> None:
        self.path = path
        self._conninfo = conninfo
        self.write()

    def write(self, *sections: str, **database: str) -> None:
        values = {**conninfo_to_dict(self._conninfo), **database}
        lines = "\n".join(f"{name} = {value}" for name, value in values.items())
        text = "\n".join([f"[database]\n{lines}", "[metrics]\nport =", *sections])
        self.path.write_text(text + "\n")

    def load(self) -> Config:
        return load(self.path, {})


@pytest.fixture
def file(database_url: str, tmp_path: Path) -> File:
    return File(tmp_path / "other-name.ini", database_url)


async def assemble(config: Config) -> Engine:
    engine = make_engine(config.database.conninfo(), concurrency=config.indexer.concurrency)
    await engine.database.__aenter__()
    return engine


async def reloaded(file: File, *sections: str, **database: str) -> tuple[Engine, Engine]:
    """The engine before and after the file has changed; both closed."""
    config = file.load()
    old = await assemble(config)
    reloader = Reloader(config, load=file.load, assemble=assemble)
    file.write(*sections, **database)
    new = old
    try:
        new = await reloader(old)
    finally:
        await old.close()
        await new.close()
    return old, new


async def test_weakness_K_what_changed_is_taken_over_and_told(
    file: File, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    _, new = await reloaded(file, "[indexer]\nconcurrency = 2")
    assert new.settings.concurrency == 2
    assert "reloaded: [indexer] concurrency: 4 -> 2" in caplog.text


async def test_weakness_K_a_removed_key_gets_its_default_again(file: File) -> None:
    file.write("[indexer]\nconcurrency = 2")
    _, new = await reloaded(file)
    assert new.settings.concurrency == 4


async def test_nothing_changed_keeps_the_engine(
    file: File, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    old, new = await reloaded(file)
    assert new is old
    assert "nothing changed" in caplog.text


async def test_a_bad_value_changes_nothing(file: File) -> None:
    with pytest.raises(ConfigurationError, match="concurrency"):
        await reloaded(file, "[indexer]\nconcurrency = many")


async def test_a_database_that_cannot_be_used_changes_nothing(
    file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artwork_indexer.database.CHECKOUT_SECONDS", 1.0)
    with pytest.raises(Unreachable):
        await reloaded(file, host=str(tmp_path))


async def test_new_keys_end_the_pause_of_the_old_ones_and_stay_secret(
    file: File, queue: EventQueue, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    file.write(KEYS.format("hunter1"))
    for service in ("caa-keys", "eaa-keys", "archive"):
        await queue.pause_service(service, 3600, "refused")
    await reloaded(file, KEYS.format("hunter2"))
    left = rows.run("SELECT service FROM artwork_indexer.service_pause ORDER BY 1")
    assert [row["service"] for row in left] == ["archive", "eaa-keys"]
    assert "[s3] caa_secret: changed" in caplog.text
    assert "hunter" not in caplog.text


async def test_the_program_follows_sighup(file: File, rows: Rows) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "artwork_indexer", "run", "--config", str(file.path)),
        stderr=asyncio.subprocess.PIPE,
    )
    process = DaemonProcess(child)
    try:
        await process.logs("listening for new events")
        file.write("[indexer]\nconcurrency = 2")
        process.signal(signal.SIGHUP)
        await process.logs("[indexer] concurrency: 4 -> 2")
        file.write("[indexer]\nconcurency = 3")
        process.signal(signal.SIGHUP)
        await process.logs("the old configuration stays")
        with rows.connection.transaction():
            for number in range(4):
                rows.add("noop", {"sleep": 600, "n": number})
        await until(lambda: rows.count("running") > 0)
        assert rows.count("running") == 2
        process.signal(signal.SIGTERM)
        await process.logs("finishing 2 events")
        process.signal(signal.SIGTERM)
        assert await process.ended() == 1
    finally:
        if child.returncode is None:
            child.kill()
            await process.ended()
    assert "Traceback" not in process.log
