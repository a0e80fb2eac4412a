"""The fixture of tests that run the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict


@pytest.fixture
def config(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration; files are named from beside it."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config.ini"
    keys = "\n".join(f"{key}={value}" for key, value in conninfo_to_dict(database_url).items())
    path.write_text(f"[database]\n{keys}\n", "utf-8")
    return path
