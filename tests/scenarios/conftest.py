"""Stages with the fixtures of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.expected import CAA, E1, E2, EAA, R1, R3, original
from tests.scenarios.stage import Stage, stage


@pytest.fixture
async def empty_stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Our schema and an empty MusicBrainz."""
    async with stage(database_url, tmp_path) as it:
        yield it


@pytest.fixture
def caa(empty_stage: Stage) -> Stage:
    """Releases with cover art, and their items at the Internet Archive."""
    empty_stage.load("caa.sql")
    empty_stage.item(R1, original(R1, 1), side=CAA)
    empty_stage.item(R3, original(R3, 2, "png"), side=CAA)
    return empty_stage


@pytest.fixture
def eaa(empty_stage: Stage) -> Stage:
    """Events with event art, and their items at the Internet Archive."""
    empty_stage.load("eaa.sql")
    empty_stage.item(E1, original(E1, 1), side=EAA)
    empty_stage.item(E2, original(E2, 2), side=EAA)
    return empty_stage
