"""Recorded answers of public services, which are not part of this repository.

``RECORDED_ANSWERS`` names their directory; without it the tests that need them are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def recorded(name: str) -> bytes:
    """Content of a recording, named by its path below the directory; ``*`` may stand in it."""
    directory = os.environ.get("RECORDED_ANSWERS")
    if not directory:
        pytest.skip("RECORDED_ANSWERS is not set")
    (path,) = Path(directory).glob(name)
    return path.read_bytes()
