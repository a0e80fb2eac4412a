"""The fixture for seeding from the stand-in of the Internet Archive.

A test module asks for it by ``pytest_plugins = ["tests.audit.seeding.archive_plugin"]``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.audit.seeding.archive_fixtures import Place, placed


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with placed(database_url, tmp_path) as one:
        yield one
