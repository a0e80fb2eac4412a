"""What all tests of seeding may ask for."""

from __future__ import annotations

import pytest

from tests.audit.seeding.checkpoint_fixtures import wait_for_locks


@pytest.fixture
def patient_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test holds what seeding waits for."""
    wait_for_locks(monkeypatch)
