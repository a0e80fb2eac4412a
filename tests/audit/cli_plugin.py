"""The fixture ``operator``.

A test module asks for it by ``pytest_plugins = ["tests.audit.cli_plugin"]``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.cli_fixtures import Operator
from tests.audit.queue_fixtures import Entities

pytest_plugins = ["tests.audit.queue_plugin"]


@pytest.fixture
def operator(entities: Entities, tmp_path: Path) -> Operator:
    """Somebody who types commands on a fresh database."""
    return Operator(entities, tmp_path)
