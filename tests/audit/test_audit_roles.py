"""The daemon's role of sql/roles.sql may do what an audit needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from artwork_indexer.database import Database
from audit.guardrails import Guardrails
from audit.review import Filter, Reviews
from tests.audit.queue_fixtures import (
    UNKNOWN,
    UNLIMITED,
    Entities,
    ask,
    audit,
    clean,
    finding,
    open_audits,
    repair,
)
from tests.queue_fixtures import GIDS, open_queue

pytest_plugins = ["tests.audit.queue_plugin"]
ROLES = (Path(__file__).parents[2] / "sql" / "roles.sql").read_text("utf-8")


@pytest.fixture
def auditor(entities: Entities) -> Iterator[str]:
    """How the role with the daemon's rights reaches the database."""
    entities.connection.execute(ROLES.encode())
    entities.run("CREATE ROLE test_auditor LOGIN PASSWORD 'secret' IN ROLE artwork_indexer")
    yield make_conninfo(entities.conninfo, user="test_auditor", password="secret")
    entities.run("DROP OWNED BY artwork_indexer, artwork_indexer_ro, test_auditor CASCADE")
    entities.run("DROP ROLE test_auditor, artwork_indexer, artwork_indexer_ro")


async def test_an_audit_from_claim_to_verification(entities: Entities, auditor: str) -> None:
    entities.seed()
    async with open_audits(auditor) as audits, open_queue(auditor) as queue:
        await audit(audits, repair(GIDS[0]))
        (event,) = await queue.claim(1)
        await queue.complete(event, None)
        assert entities.entity()["return_reason"] == "verification"
        entities.make_due()
        await audit(audits, ask(finding(UNKNOWN)))
        await audits.recheck_now("release", [GIDS[1]])
        await audits.next_due()
        await audits.prune()
        async with Database(auditor, size=1, prepared=False, name="person") as database:
            (review,) = await Reviews(database).find(Filter())
            await Reviews(database).wont_fix(review.id, None, None)
            guardrails = Guardrails(database)
            await guardrails.pause("a reason", None)
            await guardrails.resume(UNLIMITED)
            await guardrails.spending()
        claims = await audits.claim(5)
        assert len(claims) == 2
        await audits.release(claims)
        await audit(audits, clean())
