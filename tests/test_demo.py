"""The demo, as a newcomer runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.timeout(300)
def test_demo_keeps_everything_in_step() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "artwork_indexer", "demo"],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All is well" in done.stdout
    assert "PROBLEM" not in done.stdout
    assert "Recall 1.000, precision 1.000" in done.stdout
    assert "Images lost: 0." in done.stdout
    assert done.stderr == ""
