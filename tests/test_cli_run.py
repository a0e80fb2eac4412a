"""``artwork-indexer run`` as a process: what stands around the loop, and its reload."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.scenarios.processes import process

KEYS = ("AccessKeyOfCaa", "SecretKeyOfCaa")
NEW_KEY = "An0therSecretKey"


class Installation:
    """A configuration file on a real database."""

    def __init__(self, file: Path, conninfo: str) -> None:
        self.file = file
        self._conninfo = conninfo

    def write(self, *, port: int | None, secret: str = KEYS[1], more: str = "") -> None:
        keys = "\n".join(f"{k} = {v}" for k, v in conninfo_to_dict(self._conninfo).items())
        self.file.write_text(
            f"[database]\n{keys}\n[s3]\ncaa_access = {KEYS[0]}\ncaa_secret = {secret}\n"
            f"[metrics]\nport = {port or ''}\n{more}",
            "utf-8",
        )


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Installation:
    return Installation(tmp_path / "config.ini", database_url)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def page(http: aiohttp.ClientSession, port: int, path: str) -> str:
    async with http.get(f"http://127.0.0.1:{port}{path}") as response:
        assert response.status == 200
        return await response.text()


async def refuses(http: aiohttp.ClientSession, port: int) -> None:
    with pytest.raises(aiohttp.ClientConnectorError):
        await page(http, port, "/metrics")


async def test_pages_of_a_running_daemon(
    installation: Installation, http: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    installation.write(port=unused_tcp_port)
    async with process("run", "--config", str(installation.file)) as daemon:
        await daemon.said("listening")
        assert '"ok"' in await page(http, unused_tcp_port, "/health/live")
        assert '"ok"' in await page(http, unused_tcp_port, "/health/ready")
        metrics = await page(http, unused_tcp_port, "/metrics")
        assert 'artwork_indexer_queue_events{entity_type="release",state="queued"} 0.0' in metrics
        assert "artwork_indexer_listening 1.0" in metrics
        assert not [key for key in KEYS if key in metrics]
        daemon.signal(signal.SIGTERM)
        assert await daemon.ended() == 0


async def test_a_reload_moves_pages_and_changes_the_log(
    installation: Installation,
    http: aiohttp.ClientSession,
    unused_tcp_port_factory: Callable[[], int],
) -> None:
    first, second = unused_tcp_port_factory(), unused_tcp_port_factory()
    installation.write(port=first)
    async with process("run", "--config", str(installation.file)) as daemon:
        await daemon.said("listening")
        # The contact would be shown, were it not a secret at the same time.
        more = f"[logging]\nformat = json\n[archive]\ncontact = {NEW_KEY}\n"
        installation.write(port=second, secret=NEW_KEY, more=more)
        daemon.signal(signal.SIGHUP)
        await daemon.said(f"[metrics] port: {first} -> {second}")
        # The pages of the first port are gone before those of the second are there.
        await daemon.said(f"port {second}")
        assert '"logger"' in daemon.output
        assert "listening" in await page(http, second, "/metrics")
        await refuses(http, first)
        installation.write(port=second, more="[logging]\nformat = xml\n")
        daemon.signal(signal.SIGHUP)
        await daemon.said("reload refused")
        assert '"ok"' in await page(http, second, "/health/ready")
        daemon.signal(signal.SIGTERM)
        assert await daemon.ended() == 0
    assert "[s3] caa_secret: changed" in daemon.output
    assert "[archive] contact: (empty) -> [hidden]" in daemon.output
    assert not [key for key in (*KEYS, NEW_KEY) if key in daemon.output]


async def test_a_second_daemon_on_the_same_port_goes_on_without_pages(
    installation: Installation, unused_tcp_port: int
) -> None:
    installation.write(port=unused_tcp_port)
    arguments = ("run", "--config", str(installation.file))
    async with process(*arguments) as first:
        await first.said("listening")
        async with process(*arguments) as second:
            await second.said("listening")
            assert f"port {unused_tcp_port} cannot be used" in second.output
            for daemon in (second, first):
                daemon.signal(signal.SIGTERM)
                assert await daemon.ended() == 0


async def test_a_start_gives_refused_keys_another_try(
    installation: Installation, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO artwork_indexer.service_pause (service, paused_until, reason) VALUES"
            " ('caa-keys', now() + interval '1 hour', 'refused'),"
            " ('archive', now() + interval '1 hour', 'overloaded')"
        )
        installation.write(port=None)
        async with process(
            "run", "--config", str(installation.file), "--max-idle-loops", "1"
        ) as daemon:
            assert await daemon.ended() == 0
        rows = connection.execute("SELECT service FROM artwork_indexer.service_pause").fetchall()
    assert rows == [("archive",)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_daemon_is_there_is_not_lost(
    installation: Installation, number: signal.Signals
) -> None:
    installation.write(port=None)
    program = (
        "import os, sys\n"
        "from artwork_indexer.cli import run\n"
        "from artwork_indexer.cli.main import guarded\n"
        "assemble = run.open_engine\n"
        "async def interrupted(*given, **more):\n"
        "    engine = await assemble(*given, **more)\n"
        f"    os.kill(os.getpid(), {number})\n"
        "    return engine\n"
        "run.open_engine = interrupted\n"
        f"sys.exit(guarded(['run', '--config', {str(installation.file)!r}]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0
    assert ended.stderr.endswith("stopped\n")
