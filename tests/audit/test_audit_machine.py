"""Any order of claims, verdicts, crashes, events and answers keeps the books in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from artwork_indexer.database import Database
from audit.guardrails import Guardrails
from audit.queue import Audited, AuditQueue, Claim
from audit.review import Filter, Reviews
from audit.verdict import Verdict
from tests.audit.queue_fixtures import (
    OLD_FORMAT,
    STRAY,
    UNKNOWN,
    Entities,
    ask,
    clean,
    copy_of,
    deferred,
    delete_of,
    finding,
    index_of,
    limited,
    repair,
)
from tests.queue_fixtures import GIDS

CONFIG: Final = limited(
    entities_per_day=60,
    repairs_per_day=12,
    format_repairs_per_day=2,
    max_outstanding_repairs=6,
    deletes_per_day=3,
    probation_repairs=3,
    brake_window=12,
)
FEW: Final = GIDS[:4]
OWNERS: Final = ("one", "two")
EMPTY: Final = (
    "TRUNCATE artwork_indexer.audit_entity, artwork_indexer.event_queue,"
    " artwork_indexer.audit_budget, artwork_indexer.audit_hold, artwork_indexer.audit_probation,"
    " artwork_indexer.audit_total, artwork_indexer.audit_unnoted_event CASCADE;"
    "UPDATE artwork_indexer.audit_brake SET without_health = 0, resumed_at = NULL"
)
BOOKS: Final = """
    SELECT entity.status::text AS status, entity.priority - entity.priority_bonus AS priority,
           entity.priority_bonus AS bonus, entity.claimed_by, entity.next_audit_at,
           (SELECT count(*) FROM artwork_indexer.needs_manual_review AS review
             WHERE review.audit_entity_id = entity.id AND review.status = 'open') AS questions,
           EXISTS (SELECT FROM artwork_indexer.audit_repair AS repair
                    WHERE repair.audit_entity_id = entity.id AND repair.ended_at IS NULL)
               AS repairing
      FROM artwork_indexer.audit_entity AS entity
"""


def verdict(claim: Claim, choice: int) -> Verdict:
    gid, other = claim.gid, GIDS[10]
    moves = [copy_of(choice, gid, other), delete_of(choice, gid, 0), index_of(other, 0)]
    return (
        clean(),
        clean(finding(OLD_FORMAT)),
        ask(finding(UNKNOWN)),
        deferred("unreadable"),
        deferred("report-mode", finding()),
        repair(gid),
        repair(gid, finding(OLD_FORMAT)),
        repair(gid, finding(STRAY), plan=moves),
    )[choice]


class Machine(RuleBasedStateMachine):
    """Two workers, an event daemon and a person at the same few entities."""

    rows: Entities

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.databases: list[Database] = []
        self.held: dict[str, list[Claim]] = {owner: [] for owner in OWNERS}

    @initialize()
    def begin(self) -> None:
        self.rows.run(EMPTY)
        self.databases = [self._open() for _ in range(3)]
        self.queues = {
            owner: AuditQueue(database, owner, CONFIG, repairs=True)
            for owner, database in zip(OWNERS, self.databases, strict=False)
        }
        self.guardrails = Guardrails(self.databases[2])
        self.reviews = Reviews(self.databases[2])
        for gid in FEW:
            self.rows.seed_one(gid)

    def _open(self) -> Database:
        async def opened() -> Database:
            database = Database(self.rows.conninfo, size=1, prepared=False, name="machine")
            return await database.__aenter__()

        return self.runner.run(opened())

    def teardown(self) -> None:
        try:
            if self.databases:
                self.everything_ends_in_a_verdict()
        finally:
            for database in self.databases:
                self.runner.run(database.__aexit__(None, None, None))
            self.runner.close()

    def everything_ends_in_a_verdict(self) -> None:
        """Whatever happened: with budget and time, each row gets one."""
        queue = self.queues["one"]
        queue.config = limited()
        self.runner.run(self.guardrails.resume(CONFIG))
        self.rows.run(
            "UPDATE artwork_indexer.event_queue SET state = 'completed'"
            " WHERE state IN ('queued', 'running')"
        )
        self.rows.run("UPDATE artwork_indexer.audit_entity SET lease_expires = '2020-01-01'")
        self.rows.run("UPDATE artwork_indexer.audit_entity SET next_audit_at = '2020-01-01'")
        while claims := self.runner.run(queue.claim(3)):
            self.runner.run(queue.finish([Audited(claim, clean()) for claim in claims]))
        self.runner.run(queue.claim(1))
        assert self.rows.table("audit_unnoted_event") == []
        for row in self.rows.run(BOOKS):
            assert row["status"] in {"clean", "manual_review"}
            assert not row["repairing"]

    @rule(owner=st.sampled_from(OWNERS), slots=st.integers(1, 3))
    def claim(self, owner: str, slots: int) -> None:
        self.held[owner] += self.runner.run(self.queues[owner].claim(slots))

    @rule(owner=st.sampled_from(OWNERS), choices=st.lists(st.integers(0, 7), min_size=4))
    def finish(self, owner: str, choices: list[int]) -> None:
        claims, self.held[owner] = self.held[owner], []
        pairs = [Audited(c, verdict(c, n)) for c, n in zip(claims, choices, strict=False)]
        self.runner.run(self.queues[owner].finish(pairs))

    @rule(owner=st.sampled_from(OWNERS))
    def stop(self, owner: str) -> None:
        claims, self.held[owner] = self.held[owner], []
        self.runner.run(self.queues[owner].release(claims))

    @rule()
    def leases_end(self) -> None:
        self.rows.run("UPDATE artwork_indexer.audit_entity SET lease_expires = '2020-01-01'")

    @rule(gid=st.sampled_from(FEW))
    def comes_due(self, gid: str) -> None:
        self.rows.make_due(gid)

    @rule(gid=st.sampled_from(FEW))
    def an_edit(self, gid: str) -> None:
        self.rows.run("SELECT artwork_indexer.want_index('release', %(gid)s)", gid=gid)

    def _an_event(self, number: int, *states: str) -> int | None:
        events = [event for event, state in self.rows.states().items() if state in states]
        return events[number % len(events)] if events else None

    @rule(number=st.integers(0, 9))
    def an_event_completes(self, number: int) -> None:
        if event := self._an_event(number, "queued", "running"):
            self.rows.complete(event)

    @rule(number=st.integers(0, 9))
    def an_event_fails(self, number: int) -> None:
        if event := self._an_event(number, "queued", "running"):
            self.rows.fail(event)

    @rule(number=st.integers(0, 9))
    def an_event_vanishes(self, number: int) -> None:
        if event := self._an_event(number, "queued", "failed"):
            self.rows.run("DELETE FROM artwork_indexer.event_queue WHERE id = %(e)s", e=event)

    @rule(number=st.integers(0, 3), is_final=st.booleans())
    def a_person_answers(self, number: int, is_final: bool) -> None:
        found = self.runner.run(self.reviews.find(Filter()))
        if found:
            answer = self.reviews.wont_fix if is_final else self.reviews.resolve
            self.runner.run(answer(found[number % len(found)].id, None, "ana"))

    @precondition(lambda self: self.databases)
    @rule()
    def a_person_resumes(self) -> None:
        self.runner.run(self.guardrails.resume(CONFIG))

    @invariant()
    def the_books_are_in_order(self) -> None:
        for row in self.rows.run(BOOKS):
            status = row["status"]
            resting = status not in {"unchecked", "audit_in_progress"}
            if resting:
                assert row["questions"] == (status == "manual_review")
                assert row["next_audit_at"] is not None, "no row is forgotten"
                assert row["bonus"] == 0
            assert row["questions"] <= 1
            assert row["priority"] == 100
            assert (row["claimed_by"] is not None) == (status == "audit_in_progress")

    @invariant()
    def no_budget_is_exceeded(self) -> None:
        spent = {
            row["budget"]: row["spent"]
            for row in self.rows.run(
                "SELECT budget, sum(spent) AS spent FROM artwork_indexer.audit_budget GROUP BY 1"
            )
        }
        assert spent.get("entities", 0) <= 60
        assert spent.get("repairs", 0) <= 12
        assert spent.get("format_repairs", 0) <= 2
        assert spent.get("deletes", 0) <= 3
        outstanding = self.rows.value(
            "count(*) FROM artwork_indexer.event_queue"
            " WHERE origin = 'audit' AND state IN ('queued', 'running')"
        )
        assert outstanding <= 6


@pytest.fixture
def rows(database_url: str) -> Iterator[Entities]:
    entities = Entities(database_url)
    yield entities
    entities.close()


@pytest.mark.timeout(300)
def test_any_order_of_things(rows: Entities) -> None:
    class OnThisDatabase(Machine):
        pass

    OnThisDatabase.rows = rows
    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
