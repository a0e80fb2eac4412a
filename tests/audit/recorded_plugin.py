"""Fixture: the daemon among recorded answers; skips without them.

A test module asks for it by ``pytest_plugins = ["tests.audit.recorded_plugin"]``.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.audit.recorded_fixtures import RecordedStage, recorded_stage


@pytest.fixture(scope="session")
def recordings() -> None:
    """Skips before a database is made."""
    if not os.environ.get("RECORDED_ANSWERS"):
        pytest.skip("RECORDED_ANSWERS is not set")


@pytest.fixture
async def stage(
    recordings: None, database_url: str, tmp_path: Path
) -> AsyncIterator[RecordedStage]:
    """Nothing is served yet, and MusicBrainz has no entity."""
    del recordings
    async with recorded_stage(database_url, tmp_path) as it:
        yield it
