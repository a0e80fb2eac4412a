"""Behind a real pgbouncer in transaction mode, as MusicBrainz runs it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from artwork_indexer.database import Database
from artwork_indexer.engine import ListenMode
from tests.audit.auditor_fixtures import audit_stage
from tests.queue_fixtures import GIDS, Rows, make_engine, running, until

pytest_plugins = ["tests.queue_plugin"]

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
pytestmark = pytest.mark.skipif(
    PGBOUNCER is None, reason="PGBOUNCER IS MISSING: apt-get install pgbouncer"
)


class Bouncer:
    """A pgbouncer in front of one database, with two server connections only."""

    def __init__(self, conninfo: str, directory: Path, port: int) -> None:
        self._server = conninfo_to_dict(conninfo)
        self._directory = directory
        # It refuses to run as root; whoever runs the server may enter its directory.
        owner = Path(str(self._server["host"])).stat().st_uid
        self._user = os.geteuid() or owner
        self._port = port
        self.conninfo = make_conninfo(
            host="127.0.0.1",
            port=str(self._port),
            dbname=str(self._server["dbname"]),
            user=str(self._server["user"]),
        )

    def write_settings(self) -> Path:
        """Its settings, readable for the user it runs as."""
        server = {k: v for k, v in self._server.items() if k in ("host", "port", "dbname", "user")}
        place = " ".join(f"{name}={value}" for name, value in server.items())
        users = self._directory / "users.txt"
        users.write_text(f'"{self._server["user"]}" ""\n')
        settings = self._directory / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n{self._server['dbname']} = {place}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self._port}\nunix_socket_dir =\n"
            f"auth_type = any\nauth_file = {users}\n"
            "pool_mode = transaction\ndefault_pool_size = 2\n"
        )
        return settings

    async def start(self) -> asyncio.subprocess.Process:
        assert PGBOUNCER is not None
        process = await asyncio.create_subprocess_exec(
            PGBOUNCER,
            str(self.write_settings()),
            stderr=asyncio.subprocess.DEVNULL,
            user=self._user,
        )

        async def answers() -> bool:
            assert process.returncode is None, "pgbouncer ended"
            try:
                connection = await psycopg.AsyncConnection.connect(self.conninfo)
            except psycopg.OperationalError:
                return False
            await connection.close()
            return True

        await until(answers)
        return process


@pytest.fixture
def bouncer(database_url: str, unused_tcp_port: int) -> Iterator[Bouncer]:
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as directory:
        Path(directory).chmod(0o755)
        yield Bouncer(database_url, Path(directory), unused_tcp_port)


@pytest.fixture
async def pooled(bouncer: Bouncer) -> AsyncIterator[str]:
    process = await bouncer.start()
    yield bouncer.conninfo
    process.terminate()
    await process.wait()


@pytest.mark.parametrize("listen", ["no", "auto"])
async def test_events_are_found_by_polling(
    pooled: str, rows: Rows, listen: ListenMode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    events = [rows.index(gid) for gid in GIDS[:30]]
    async with running(make_engine(pooled, listen=listen), max_wait=0.3) as it:
        await it.diary.wait_for("completed", times=len(events))
        late = rows.copy(1, *GIDS[40:42])
        await it.diary.wait_for("completed", late)
        # The listener tries for itself, whatever the events do.
        await until(lambda: listen == "no" or bool(told_of_polling(caplog)))
        assert it.diary.about("listening", True) == []
    told = told_of_polling(caplog)
    assert len(told) == (1 if listen == "auto" else 0)
    assert [r.levelname for r in told] == ["INFO"] * len(told)
    listens = rows.run("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%%'")
    assert listens == []


def told_of_polling(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [r for r in caplog.records if "polling instead" in r.getMessage()]


async def test_many_statements_on_few_connections_need_no_session(pooled: str) -> None:
    async with Database(pooled, size=8, prepared=False, name="pooled") as database:
        answers = await asyncio.gather(
            *(database.fetch_one("SELECT %(n)s::int AS n", n=n) for n in range(100))
        )
        async with database.transaction() as connection:
            await connection.execute("SELECT 1")
    assert [row["n"] for row in answers if row] == list(range(100))


async def test_a_restarted_pooler_is_an_outage_like_any_other(bouncer: Bouncer, rows: Rows) -> None:
    process = await bouncer.start()
    async with running(make_engine(bouncer.conninfo, listen="no"), max_wait=0.3) as it:
        first = rows.index(GIDS[0])
        await it.diary.wait_for("completed", first)
        process.kill()
        await process.wait()
        await it.diary.wait_for("connected", False)
        process = await bouncer.start()
        second = rows.index(GIDS[1])
        await it.diary.wait_for("completed", second)
    process.terminate()
    await process.wait()


async def test_the_audit_works_too(pooled: str, database_url: str, tmp_path: Path) -> None:
    async with audit_stage(database_url, tmp_path) as stage:
        stage.seed(stage.world.releases.with_art)
        stage.conninfo = pooled
        stage.environ = {"ARTWORK_INDEXER_INDEXER_LISTEN": "no"}
        assert await stage.run() == 0
        assert set(stage.states().values()) == {"clean"}
