"""The demo, as a newcomer runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.timeout(120)
def test_demo_keeps_everything_in_step() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "artwork_indexer", "demo"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All is well" in done.stdout
    assert "PROBLEM" not in done.stdout
    assert done.stderr == ""
