"""The daemon itself on trial: it finds, repairs and verifies all that is planted."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from artwork_indexer.sandbox import world
from artwork_indexer.sandbox.demo import daemon
from artwork_indexer.sandbox.drift import EVERYTHING, Stage
from artwork_indexer.sandbox.drift.kinds import EVENTS, RELEASES
from artwork_indexer.sandbox.drift.trial import Place, hold_trial
from artwork_indexer.sandbox.internet_archive import Archive
from artwork_indexer.sandbox.server import config_text, populated, serving
from artwork_indexer.sandbox.webservice import WebService

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


async def test_all_drift_is_found_and_what_can_be_is_repaired(
    database_url: str, tmp_path: Path
) -> None:
    archive, webservice = Archive(), WebService(database_url)
    async with await psycopg.AsyncConnection.connect(
        database_url, row_factory=dict_row
    ) as connection:
        built = await world.build(connection, releases=RELEASES, events=EVENTS)
        await connection.execute("TRUNCATE artwork_indexer.event_queue CASCADE")
        await connection.commit()
        await connection.set_autocommit(True)
        await populated(archive, database_url)
        stage = Stage(connection, archive, webservice, built)
        async with serving(archive, webservice) as base_url:
            place = Place(tmp_path, config_text(base_url, database_url), daemon)
            result = await hold_trial(stage, place)
    assert result.problems == []
    assert (result.recall, result.precision, result.lost) == (1.0, 1.0, ())
    assert len(result.rows) == sum(len(drift.labels) for drift in EVERYTHING)
    assert len(result.neighbours) > 300
    failed = {action for action, state in result.repairs if state == "failed"}
    assert failed == {"update_metadata"}
