"""The wheel carries everything the program needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel and nothing else of the project."""
    dist, target = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True, timeout=100)
    (wheel,) = dist.iterdir()
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run(
        [*install, "--target", str(target), str(wheel)],
        check=True,
        capture_output=True,
        timeout=100,
    )
    return target


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "artwork_indexer", *arguments],
        cwd=installed,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_schema_of_the_sandbox_is_carried(installed: Path) -> None:
    done = run(installed, "sandbox", "musicbrainz-schema")
    assert done.returncode == 0, done.stderr
    assert "CREATE TABLE cover_art_archive.cover_art" in done.stdout


def test_migrations_and_defaults_are_carried(installed: Path, musicbrainz_url: str) -> None:
    config = installed / "config.ini"
    parameters = "".join(
        f"{name} = {value}\n" for name, value in conninfo_to_dict(musicbrainz_url).items()
    )
    config.write_text(f"[database]\n{parameters}")
    done = run(installed, "migrate")
    assert done.returncode == 0, done.stderr
    status = run(installed, "migrate", "--status", "--json")
    assert '"pending"' not in status.stdout
    config.unlink()
    assert "config.default.ini" in run(installed, "doctor", "--json").stdout
